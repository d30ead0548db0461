// Copied into the folder of its packages, so their names resolve there.

export { ChatOpenAI } from "@langchain/openai";

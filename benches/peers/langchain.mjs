// Copied to where its packages are installed, because that is where their names are looked up.

export { ChatOpenAI } from "@langchain/openai";

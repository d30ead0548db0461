/** An error of the command line or the environment. The command exits with 2. */
export class UsageError extends Error {}

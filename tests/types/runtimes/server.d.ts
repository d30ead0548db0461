// The globals of Node, Deno and Bun that the package's types need. With these globals and
// `--lib es2023`, the package must compile without the DOM's types.

interface AbortSignal {
  readonly aborted: boolean;
  readonly reason: any;
  throwIfAborted(): void;
}
declare var AbortSignal: { timeout(ms: number): AbortSignal };

interface URL {
  readonly href: string;
  readonly port: string;
}
declare var URL: { new (url: string, base?: string): URL };

interface Headers {
  get(name: string): string | null;
}
declare var Headers: { new (): Headers };

interface RequestInit {
  method?: string;
  headers?: Headers | Record<string, string>;
  body?: string;
  signal?: AbortSignal;
}
interface Request {
  readonly method: string;
  readonly headers: Headers;
}
declare var Request: { new (input: string | URL, init?: RequestInit): Request };

interface Response {
  readonly status: number;
  text(): Promise<string>;
}
declare var Response: {
  new (body?: string | null, init?: { status?: number }): Response;
  json(data: unknown): Response;
};
declare function fetch(input: string | URL | Request, init?: RequestInit): Promise<Response>;

interface ReadableStream<R = any> {
  readonly locked: boolean;
  cancel(reason?: any): Promise<void>;
}

declare var console: { log(...data: unknown[]): void; error(...data: unknown[]): void };
declare var process: { env: Record<string, string | undefined> };

// What each program needs: it signs in, asks over HTTP, uploads files, and follows what changes.
import { createHash, randomUUID } from 'node:crypto';
import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { print } from 'graphql';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import * as documents from './generated/contract.js';

type UserErrors = { userErrors: { message: string }[] };

/** What was done; throws what the user is told where it was not. */
export function done<P extends UserErrors>(payload: P): P {
  if (payload.userErrors.length) throw new Error(payload.userErrors.map((one) => one.message).join(' '));
  return payload;
}

export function there<T>(value: T | null | undefined, what: string): T {
  if (value === null || value === undefined) throw new Error(`no ${what}`);
  return value;
}

/** A session at the API. */
export class Api {
  private token: string | undefined;

  private constructor(private readonly url: string) {}

  /** Signs in with the arguments of the command line. */
  static async signIn(): Promise<Api> {
    const [url, email, password] = process.argv.slice(2);
    if (!url || !email || !password) throw new Error('usage: <url> <email> <password>');
    const api = new Api(url);
    const { signIn } = await api.ask(documents.SignInDocument, { email, password });
    api.token = there(done(signIn).token, 'token');
    console.log(`signed in as ${email}`);
    return api;
  }

  /** Asks by HTTP; the types of variables and answer are those of the document. */
  async ask<T, V>(document: TypedDocumentNode<T, V>, variables: V): Promise<T> {
    const headers: Record<string, string> = { 'content-type': 'application/json' };
    if (this.token) headers['authorization'] = `Bearer ${this.token}`;
    const body = JSON.stringify({ query: print(document), variables });
    const response = await fetch(`${this.url}/graphql`, { method: 'POST', headers, body });
    const answer = (await response.json()) as { data?: T; errors?: { message: string }[] };
    if (answer.errors || !answer.data) throw new Error(answer.errors?.[0]?.message ?? response.statusText);
    return answer.data;
  }

  /** Uploads files at once; returns their IDs in the same order. They are attached to nothing yet. */
  async upload(files: { name: string; contentType: string; text: string }[]): Promise<string[]> {
    const contents = files.map(({ text }) => new TextEncoder().encode(text));
    const declared = contents.map((bytes, at) => ({
      name: there(files[at], 'file').name,
      contentType: there(files[at], 'file').contentType,
      size: bytes.length,
      sha256: createHash('sha256').update(bytes).digest('hex'),
    }));
    const created = await this.ask(documents.UploadBeginDocument, { key: randomUUID(), files: declared });
    const { uploads } = done(created.fileUploadCreate);
    const ids = await Promise.all(
      uploads.map(async (upload, at) => {
        const { file, address } = done(upload);
        const { method, url, headers } = there(address, 'address');
        const put = await fetch(new URL(url, this.url), {
          method,
          body: there(contents[at], 'content'),
          headers: headers.map(({ name, value }): [string, string] => [name, value]),
        });
        if (!put.ok) throw new Error(`the bytes were refused: ${put.status} ${await put.text()}`);
        return there(file, 'file').id;
      }),
    );
    const { fileUploadComplete } = await this.ask(documents.UploadEndDocument, { ids });
    for (const result of done(fileUploadComplete).results) done(result);
    return ids;
  }

  /** Follows a subscription from the cursor; without one, its first message says `reload`. */
  follow<M extends { cursor: string }, T>(
    document: TypedDocumentNode<T, { after?: string | null }>,
    message: (data: T) => M,
    after: string | null = null,
  ): Following<M> {
    return new Following(this.url, there(this.token, 'token'), print(document), (data) => message(data as T), after);
  }
}

/** The messages of a subscription, over lost connections: each new one goes on from the last message's cursor. */
export class Following<M extends { cursor: string }> {
  private readonly told: M[] = [];
  private socket: WebSocket | undefined;
  private wake = () => {};
  connections = 0;

  constructor(url: string, token: string, query: string, message: (data: unknown) => M, after: string | null) {
    const client = createClient({
      url: `${url}/graphql`.replace(/^http/, 'ws'),
      webSocketImpl: WebSocket,
      connectionParams: { authorization: `Bearer ${token}` },
      shouldRetry: () => true,
      on: {
        connected: (socket) => {
          this.socket = socket as WebSocket;
          this.connections += 1;
        },
      },
    });
    // Read anew at each reconnect.
    const variables = { after };
    client.subscribe(
      { query, variables },
      {
        next: ({ data, errors }) => {
          if (!data) throw new Error(errors?.[0]?.message);
          const told = message(data);
          variables.after = told.cursor;
          this.told.push(told);
          this.wake();
        },
        error: (error) => {
          console.error(error);
          process.exit(1);
        },
        complete: () => {},
      },
    );
  }

  /** Waits for a message as wanted; those before it are not looked at again. */
  async until(wanted: (told: M) => boolean): Promise<M> {
    for (;;) {
      for (let told = this.told.shift(); told; told = this.told.shift()) if (wanted(told)) return told;
      await new Promise<void>((wake) => (this.wake = wake));
    }
  }

  /** Loses the connection without a word, as in a tunnel. */
  cut() {
    this.socket?.terminate();
  }
}

// Types of what the documents ask and get, out of the published contract.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { codegen } from '@graphql-codegen/core';
import * as operations from '@graphql-codegen/typescript-operations';
import * as documents from '@graphql-codegen/typed-document-node';
import { parse } from 'graphql';

const read = async (path) => parse(await readFile(new URL(path, import.meta.url), 'utf8'));
const operationsOf = async (file) => ({ location: file, document: await read(`src/${file}`) });
const folder = new URL('src/generated/', import.meta.url);
const text = await codegen({
  filename: 'contract.ts',
  schema: await read('../../schema/schema.graphql'),
  documents: await Promise.all(['shared.graphql', 'desk.graphql', 'home.graphql'].map(operationsOf)),
  config: {
    useTypeImports: true,
    enumsAsTypes: true,
    strictScalars: true,
    scalars: { Date: 'string', DateTime: 'string', DueRule: 'object', FilterObject: 'object', OrderObject: 'object', Revision: 'string', SafeInt: 'number' },
  },
  plugins: [{ operations: {} }, { documents: {} }],
  pluginMap: { operations, documents },
});
await mkdir(folder, { recursive: true });
await writeFile(new URL('contract.ts', folder), text);

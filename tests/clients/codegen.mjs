// graphql-codegen: types out of the contract and the documents. Its core without its command line, which
// wants a newer Node than Debian and Ubuntu have.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { codegen } from '@graphql-codegen/core';
import * as typescript from '@graphql-codegen/typescript';
import * as operations from '@graphql-codegen/typescript-operations';
import { parse } from 'graphql';

export const name = '@graphql-codegen/core';

const documents = new URL('documents.graphql', import.meta.url);
const scalars = { Date: 'string', DateTime: 'string', DueRule: 'object', FilterObject: 'object', OrderObject: 'object', Revision: 'string', SafeInt: 'number' };

export async function check({ schema }) {
  const content = await codegen({
    filename: 'types.ts',
    schema: parse(readFileSync(schema, 'utf8')),
    documents: [{ location: 'documents.graphql', document: parse(readFileSync(documents, 'utf8')) }],
    plugins: [{ typescript: {} }, { operations: {} }],
    pluginMap: { typescript, operations },
    config: { strictScalars: true, scalars },
  });
  const types = ['TicketStatusChangeMutation', 'TicketStatusChangeMutationVariables', 'TicketsQuery', 'TicketLineFragment'];
  for (const type of types) {
    assert.match(content, new RegExp(`export type ${type}\\b`));
  }
  assert.match(content, /staffId: Scalars\[.ID.\]\[.input.\]; departmentId\?: never/, 'exactly one of its fields');
}

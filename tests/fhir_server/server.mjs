// A FHIR R4 server for tests, on loopback, its records in memory. It says its address on standard output
// once it listens, and ends when its standard input is closed.
import './websocket.mjs';
import { createServer } from 'node:http';
import { badRequest, getStatus, isOk, normalizeOperationOutcome, notFound } from '@medplum/core';
import { FhirRouter } from '@medplum/fhir-router';
import { Repository } from './repository.mjs';
import { capabilityStatement, smartConfiguration } from './statements.mjs';
import { Tokens } from './tokens.mjs';

const FHIR_JSON = 'application/fhir+json; charset=utf-8';
const options = {
  requireToken: process.env.REQUIRE_TOKEN === '1',
  batch: process.env.BATCH !== '0',
  pageSize: Number(process.env.PAGE_SIZE ?? 20),
  largestPage: Number(process.env.LARGEST_PAGE ?? 100),
};
const server = createServer((request, response) => {
  answered(request).then(
    ({ status, body, headers }) => {
      response.writeHead(status, headers).end(body === undefined ? undefined : JSON.stringify(body));
    },
    (error) => {
      console.error(error);
      response.writeHead(500).end();
    }
  );
});
await new Promise((listening) => server.listen(Number(process.env.PORT ?? 0), '127.0.0.1', listening));

const root = `http://127.0.0.1:${server.address().port}`;
const base = `${root}/fhir`;
const tokenEndpoint = `${root}/auth/token`;
const repository = new Repository({ base, ...options });
const router = new FhirRouter();
const tokens = new Tokens({
  endpoint: tokenEndpoint,
  clientId: process.env.CLIENT_ID,
  jwks: JSON.parse(process.env.JWKS ?? 'null'),
  fixedToken: process.env.FIXED_TOKEN || undefined,
  lifetime: Number(process.env.TOKEN_LIFETIME ?? 300),
});
let log = [];
let last = Promise.resolve();

process.stdin.on('end', () => process.exit(0)).resume();
console.log(root);

async function answered(request) {
  const url = new URL(request.url, root);
  const body = await bodyOf(request);
  if (url.pathname.startsWith('/__')) {
    return control(request.method, url.pathname, body);
  }
  const entry = {
    method: request.method,
    path: url.pathname,
    query: url.search.slice(1),
    authorization: request.headers.authorization !== undefined,
    entries: [],
  };
  log.push(entry);
  const answer = await routed(request, url, body, entry);
  entry.status = answer.status;
  return answer;
}

async function routed(request, url, body, entry) {
  if (url.pathname === '/auth/token' && request.method === 'POST') {
    return json(tokens.answer(new URLSearchParams(body)), { 'cache-control': 'no-store', pragma: 'no-cache' });
  }
  if (url.pathname === '/fhir/.well-known/smart-configuration') {
    return json({ status: 200, body: smartConfiguration({ base, tokenEndpoint }) });
  }
  if (url.pathname === '/fhir/metadata') {
    return fhir(200, capabilityStatement({ base, tokenEndpoint, batch: options.batch }));
  }
  if (url.pathname !== '/fhir' && !url.pathname.startsWith('/fhir/')) {
    return fhir(404, notFound);
  }
  if (options.requireToken && !tokens.permits(request.headers.authorization)) {
    return fhir(401, outcome('login', 'An access token is required: ask the token endpoint for one.'), {
      'www-authenticate': 'Bearer',
    });
  }
  // One after the other, so that a transaction is alone with the records.
  const answer = last.then(() => interaction(request, url, body, entry));
  last = answer.catch(() => undefined);
  return answer;
}

async function interaction(request, url, body, entry) {
  if (!/json|\*\/\*/.test(request.headers.accept ?? '*/*')) {
    return fhir(406, outcome('not-supported', 'Only JSON is written here: accept application/fhir+json.'));
  }
  const path = url.pathname.slice('/fhir'.length);
  let content;
  if (path.endsWith('/_search') && request.method === 'POST') {
    entry.query = [entry.query, body].filter(Boolean).join('&');
    content = grouped(new URLSearchParams(entry.query));
  } else if (body !== '') {
    if (!/\/(fhir\+|json-patch\+)?json\b/.test(request.headers['content-type'] ?? '')) {
      return fhir(415, outcome('not-supported', 'Only JSON is read here: send application/fhir+json.'));
    }
    try {
      content = JSON.parse(body);
    } catch {
      return fhir(400, badRequest('The body is not JSON: mend it.'));
    }
  }
  if (content?.resourceType === 'Bundle' && /^\/?$/.test(path)) {
    if (!options.batch) {
      return fhir(405, outcome('not-supported', 'Neither batch nor transaction is supported: ask one by one.'));
    }
    entry.entries = (content.entry ?? []).map((one) => `${one.request?.method} ${one.request?.url}`);
  }
  const asked = {
    method: request.method,
    url: `${path}${url.search}`,
    pathname: '',
    body: content,
    params: {},
    query: {},
    headers: request.headers,
    config: { transactions: true },
  };
  return fhirAnswer(await router.handleRequest(asked, repository));
}

function fhirAnswer([said, resource]) {
  if (!resource || !isOk(said)) {
    return fhir(getStatus(said), said);
  }
  const version = resource.meta?.versionId;
  if (!version || !resource.id) {
    return fhir(getStatus(said), resource);
  }
  return fhir(getStatus(said), resource, {
    etag: `W/"${version}"`,
    'last-modified': new Date(resource.meta.lastUpdated).toUTCString(),
    ...(getStatus(said) === 201 && {
      location: `${base}/${resource.resourceType}/${resource.id}/_history/${version}`,
    }),
  });
}

async function control(method, path, body) {
  if (method === 'GET' && path === '/__log') {
    return json({ status: 200, body: log });
  }
  if (method === 'POST' && path === '/__reset') {
    repository.clear();
    tokens.reset();
    log = [];
    return json({ status: 200, body: {} });
  }
  if (method === 'POST' && path === '/__load') {
    try {
      return json({ status: 200, body: { loaded: await repository.load(JSON.parse(body)) } });
    } catch (error) {
      return fhir(400, normalizeOperationOutcome(error));
    }
  }
  return fhir(404, notFound);
}

async function bodyOf(request) {
  const parts = [];
  for await (const part of request) {
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

function grouped(parameters) {
  return Object.fromEntries([...parameters.keys()].map((name) => [name, parameters.getAll(name)]));
}

function outcome(code, text) {
  return { resourceType: 'OperationOutcome', issue: [{ severity: 'error', code, details: { text } }] };
}

function fhir(status, body, headers = {}) {
  return { status, body, headers: { 'content-type': FHIR_JSON, ...headers } };
}

function json({ status, body }, headers = {}) {
  return { status, body, headers: { 'content-type': 'application/json', ...headers } };
}

// Writes a client: node generate.mjs DOCUMENT FOLDER
import { createClient } from '@hey-api/openapi-ts';

const [document, folder] = process.argv.slice(2);
await createClient({
  input: document,
  // With the ending in each import, what tsc makes of it runs in Node.js and in a browser without a bundler.
  output: { path: folder, importFileExtension: '.js', clean: true },
  logs: { level: 'error', file: false },
  plugins: [
    '@hey-api/client-fetch',
    '@hey-api/sdk',
    // Options of a question as values, not as types alone.
    { name: '@hey-api/typescript', enums: 'javascript' },
  ],
});

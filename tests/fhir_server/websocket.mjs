// @medplum/core names WebSocket when it is loaded, and Node.js has it only from version 22.
globalThis.WebSocket ??= class {};

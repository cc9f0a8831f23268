// Access tokens for backend services: client_credentials with a signed assertion (SMART App Launch 2.2,
// client-confidential-asymmetric and backend-services).
import { createPublicKey, randomBytes, verify } from 'node:crypto';

const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const LONGEST_ASSERTION_SECONDS = 300;
const KEY_TYPES = { RS384: 'RSA', ES384: 'EC' };

export class Tokens {
  constructor({ endpoint, clientId, jwks, fixedToken, lifetime }) {
    Object.assign(this, { endpoint, clientId, keys: jwks?.keys ?? [], fixedToken, lifetime });
    this.reset();
  }

  reset() {
    this.given = new Map();
    this.used = new Set();
  }

  permits(authorization) {
    const token = /^Bearer (.+)$/i.exec(authorization ?? '')?.[1];
    if (!token) {
      return false;
    }
    return token === this.fixedToken || (this.given.get(token) ?? 0) > Date.now();
  }

  // The status and body of the answer to a token request (RFC 6749, sections 4.4 and 5).
  answer(form) {
    if (form.get('grant_type') !== 'client_credentials') {
      return error('unsupported_grant_type', 'The grant_type has to be client_credentials.');
    }
    if (!form.get('scope')) {
      return error('invalid_scope', 'A scope is required.');
    }
    const fault = this.fault(form.get('client_assertion_type'), form.get('client_assertion') ?? '');
    if (fault) {
      return error('invalid_client', fault);
    }
    const token = randomBytes(24).toString('base64url');
    this.given.set(token, Date.now() + this.lifetime * 1000);
    const body = { access_token: token, token_type: 'bearer', expires_in: this.lifetime, scope: form.get('scope') };
    return { status: 200, body };
  }

  fault(type, assertion) {
    if (type !== ASSERTION_TYPE) {
      return `The client_assertion_type has to be ${ASSERTION_TYPE}.`;
    }
    const parts = assertion.split('.');
    const [header, claims] = parts.slice(0, 2).map(decoded);
    if (parts.length !== 3 || !header || !claims) {
      return 'The client_assertion has to be a signed JWT.';
    }
    if (!Object.hasOwn(KEY_TYPES, header.alg)) {
      return 'The alg has to be RS384 or ES384.';
    }
    const key = this.keys.find((one) => one.kid === header.kid && one.kty === KEY_TYPES[header.alg]);
    if (!key) {
      return 'The kid names no registered key of that alg.';
    }
    if (!signed(parts, key)) {
      return 'The signature is not that of the registered key.';
    }
    if (claims.iss !== this.clientId || claims.sub !== this.clientId) {
      return 'The iss and sub both have to be the registered client id.';
    }
    if (![claims.aud].flat().includes(this.endpoint)) {
      return 'The aud has to be the address of the token endpoint.';
    }
    const now = Date.now() / 1000;
    if (!(claims.exp > now && claims.exp <= now + LONGEST_ASSERTION_SECONDS)) {
      return 'The exp has to lie ahead, by five minutes at most.';
    }
    if (typeof claims.jti !== 'string' || claims.jti === '' || this.used.has(claims.jti)) {
      return 'The jti has to be there, and used once only.';
    }
    this.used.add(claims.jti);
    return undefined;
  }
}

function error(code, description) {
  return { status: 400, body: { error: code, error_description: description } };
}

function decoded(part) {
  try {
    return JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
}

function signed([header, claims, signature], jwk) {
  const key = { key: createPublicKey({ key: jwk, format: 'jwk' }), dsaEncoding: 'ieee-p1363' };
  return verify('sha384', Buffer.from(`${header}.${claims}`), key, Buffer.from(signature, 'base64url'));
}

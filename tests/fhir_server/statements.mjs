// What the server says of itself: /metadata and /.well-known/smart-configuration.
import { searchParameters } from './repository.mjs';

const TYPES = [
  'BodyStructure',
  'Condition',
  'MedicationRequest',
  'MedicationStatement',
  'Observation',
  'Patient',
  'Procedure',
  'QuestionnaireResponse',
];
const SECURITY_SERVICE = 'http://terminology.hl7.org/CodeSystem/restful-security-service';
const OAUTH_URIS = 'http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris';

export function capabilityStatement({ base, tokenEndpoint, batch }) {
  return {
    resourceType: 'CapabilityStatement',
    status: 'active',
    date: '2026-01-01',
    kind: 'instance',
    fhirVersion: '4.0.1',
    format: ['json'],
    implementation: { description: 'A FHIR server for tests', url: base },
    rest: [
      {
        mode: 'server',
        security: {
          service: [{ coding: [{ system: SECURITY_SERVICE, code: 'SMART-on-FHIR' }] }],
          extension: [{ url: OAUTH_URIS, extension: [{ url: 'token', valueUri: tokenEndpoint }] }],
        },
        resource: TYPES.map((type) => ({
          type,
          interaction: ['read', 'vread', 'update', 'delete', 'create', 'search-type'].map((code) => ({ code })),
          versioning: 'versioned',
          updateCreate: true,
          searchParam: Object.values(searchParameters(type)).map(({ code, type: kind }) => ({ name: code, type: kind })),
        })),
        ...(batch && { interaction: [{ code: 'batch' }, { code: 'transaction' }] }),
      },
    ],
  };
}

export function smartConfiguration({ base, tokenEndpoint }) {
  return {
    issuer: base,
    token_endpoint: tokenEndpoint,
    grant_types_supported: ['client_credentials'],
    token_endpoint_auth_methods_supported: ['private_key_jwt'],
    token_endpoint_auth_signing_alg_values_supported: ['RS384', 'ES384'],
    scopes_supported: ['system/*.rs', 'system/*.cruds'],
    code_challenge_methods_supported: ['S256'],
    capabilities: ['client-confidential-asymmetric', 'permission-v2'],
  };
}

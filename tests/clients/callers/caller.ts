// Calls a running service with the generated client, and prints what the typed answers hold.
import { createClient } from './client/client/index.js';
import {
  assessBundle,
  calculateSins,
  invokeSpinalMetastasisPatientView,
  SinsAlignment,
  SinsLesion,
  SinsPain,
  SpinalLevel,
  type CalculatedScore,
  type Problem,
} from './client/index.js';

declare const process: { env: Record<string, string> };

const told = (score: CalculatedScore): string =>
  `${score.score} ${score.minimum} to ${score.maximum}, missing: ${score.missing.join(', ')}`;

const refused = (problem: Problem | undefined): string => {
  if (!problem) throw new Error('the service took what it should refuse');
  const [first] = problem.errors;
  return `${problem.status} ${problem.title}: ${first?.pointer || '-'} ${first?.code}`;
};

const service = createClient({ baseUrl: process.env.SERVICE });
const sins = await calculateSins({
  client: service,
  body: {
    level: SpinalLevel.T11,
    pain: SinsPain.MECHANICAL,
    lesion: [SinsLesion.LYTIC, SinsLesion.MIXED],
    alignment: SinsAlignment.NORMAL,
  },
  throwOnError: true,
});
console.log(told(sins.data));

const assessed = await assessBundle({ client: service, body: JSON.parse(process.env.BUNDLE!), throwOnError: true });
if (!('lesions' in assessed.data)) throw new Error('a Bundle was not asked for');
const [lesion] = assessed.data.lesions;
const ofLesion = lesion?.scores.find((score) => score.score === 'sins');
console.log(`${lesion?.level}: ${ofLesion?.minimum} to ${ofLesion?.maximum}, ${ofLesion?.bands.join(', ')}`);

const shown = await invokeSpinalMetastasisPatientView({
  client: service,
  body: JSON.parse(process.env.PATIENT_VIEW!),
  throwOnError: true,
});
console.log(`${shown.data.cards[0]?.indicator}: ${shown.data.cards[0]?.summary}`);

// An option of another release, which the types of this one do not have.
const unknown = await calculateSins({ client: service, body: { pain: 'sore' as SinsPain } });
console.log(refused(unknown.error));

const baseUrl = process.env.GUARDED;
const body = { level: SpinalLevel.T11 };
const nobody = await calculateSins({ client: createClient({ baseUrl }), body });
console.log(refused(nobody.error));
const byKey = createClient({ baseUrl, auth: ({ type }) => (type === 'apiKey' ? process.env.API_KEY : undefined) });
console.log(told((await calculateSins({ client: byKey, body, throwOnError: true })).data));
const byToken = createClient({ baseUrl, auth: ({ scheme }) => (scheme ? process.env.ACCESS_TOKEN : undefined) });
console.log(told((await calculateSins({ client: byToken, body, throwOnError: true })).data));

const later = createClient({ baseUrl: process.env.LATER });
console.log(told((await calculateSins({ client: later, body, throwOnError: true })).data));

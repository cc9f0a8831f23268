/** The answer of the service to one call: never throws for a status, only where there is no answer. */
export async function call(path, { body, type = "application/json", signal } = {}) {
  const started = performance.now();
  const response = await fetch(path, {
    method: body === undefined ? "GET" : "POST",
    headers: body === undefined ? {} : { "Content-Type": type },
    body: body === undefined ? undefined : JSON.stringify(body),
    signal,
  });
  const text = await response.text();
  const milliseconds = Math.round(performance.now() - started);
  let content;
  try {
    content = JSON.parse(text);
  } catch {
    content = text;
  }
  return { ok: response.ok, status: response.status, content, milliseconds };
}

/** The content of an answer that has to be there. */
export async function load(path) {
  const answer = await call(path);
  if (!answer.ok) throw new Error(problemOf(answer));
  return answer.content;
}

/** What a refusal says: problem details (REST) or OperationOutcome (CDS Hooks). */
export function problemOf({ status, content }) {
  const issue = content?.issue?.[0];
  const text = content?.detail ?? issue?.diagnostics ?? issue?.details?.text ?? content?.title;
  return `${status}: ${typeof text === "string" ? text : "the service did not say why"}`;
}

/** The moment that the service takes as now: its clock may be fixed, or differ from this page's. */
export async function now() {
  return (await load("demo/patients")).as_of;
}

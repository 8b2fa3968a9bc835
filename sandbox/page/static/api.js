// How the page talks to its own server: JSON over fetch, and a WebSocket that says when to look again.

async function asked(path, options) {
  let answer;
  try {
    answer = await fetch(path, options);
  } catch {
    throw new Error("The sandbox does not answer. Is it still running?");
  }
  const body = await answer.json().catch(() => null);
  if (!answer.ok) throw new Error(body?.says || body?.error || `The sandbox answered ${answer.status}.`);
  return body;
}

const post = (path, body) =>
  asked(
    path,
    { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) },
  );

const as = (part) => `as=${encodeURIComponent(part)}`;

export const people = () => asked("/api/people");
export const seen = (part) => asked(`/api/seen?${as(part)}`);
export const act = (part, what) => post(`/api/do?${as(part)}`, what);
export const tenant = (user) => asked(`/api/tenant?user=${encodeURIComponent(user)}`);
export const tenantAct = (what) => post("/api/tenant/do", what);

/** The address of a file as this person may fetch it. */
export const fileAddress = (part, id, preview = false) =>
  `/api/file/${encodeURIComponent(id)}?${as(part)}${preview ? "&preview=1" : ""}`;

/** Fetch the text of a file for its preview. */
export async function fileText(part, id) {
  const answer = await fetch(fileAddress(part, id, true));
  if (!answer.ok) throw new Error(`The file cannot be read (${answer.status}).`);
  return answer.text();
}

const PAUSES = [500, 1000, 2000, 4000, 8000];

/** Listen to the server for one person; comes back by itself when the connection is lost. */
export function listen(part, { onVersion, onTenant, onState }) {
  let socket = null;
  let failed = 0;
  let timer = 0;
  let ended = false;

  function connect() {
    socket = new WebSocket(
      `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/api/live?${as(part)}`,
    );
    socket.addEventListener("open", () => {
      failed = 0;
      onState("live");
      // Whatever happened while no one listened is fetched once.
      onVersion(null);
      onTenant();
    });
    socket.addEventListener("message", (event) => {
      const told = JSON.parse(event.data);
      if (told.version !== undefined) onVersion(told.version);
      if (told.tenant !== undefined) onTenant();
    });
    socket.addEventListener("close", () => {
      if (ended) return;
      onState("lost");
      timer = setTimeout(connect, PAUSES[Math.min(failed, PAUSES.length - 1)]);
      failed += 1;
    });
  }

  connect();
  return function stop() {
    ended = true;
    clearTimeout(timer);
    socket.close();
  };
}

// For members: her sessions and badges stay to be seen where there is no network (the club's worker keeps them).
if ("serviceWorker" in navigator) {
  await navigator.serviceWorker.register("/club-worker.js", { scope: "/" });
  const { active } = await navigator.serviceWorker.ready;
  active.postMessage("keep");
}

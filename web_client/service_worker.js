// Keeps the whole page for the next visit. What belongs to it, and when it is another page, page_files.js says: the
// browser asks for that file on every visit, and a new version is fetched whole before it takes the place of the old.

/// <reference lib="webworker" />

importScripts("/page_files.js");

const worker = /** @type {ServiceWorkerGlobalScope & { PAGE: { version: string, files: string[] } }} */ (
  /** @type {unknown} */ (self)
);
const NAME = `page-${worker.PAGE.version}`;

worker.addEventListener("install", (event) => {
  const fetched = worker.PAGE.files.map((file) => new Request(file, { cache: "no-cache" }));
  event.waitUntil(caches.open(NAME).then((cache) => cache.addAll(fetched)));
});

worker.addEventListener("activate", (event) => {
  event.waitUntil(
    caches
      .keys()
      .then((names) => Promise.all(names.filter((name) => name !== NAME).map((name) => caches.delete(name))))
      .then(() => worker.clients.claim()),
  );
});

// A page that is not in a call lets the new version in at once.
worker.addEventListener("message", ({ data }) => {
  if (data === "take over") worker.skipWaiting();
});

worker.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  const ours = url.origin === location.origin && worker.PAGE.files.includes(url.pathname);
  if (event.request.method === "GET" && ours) event.respondWith(kept(event.request, url.pathname));
});

/**
 * @param {Request} request
 * @param {string} path
 */
async function kept(request, path) {
  const cache = await caches.open(NAME);
  return (await cache.match(path)) ?? fetch(request);
}

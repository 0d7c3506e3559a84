/** The page is kept for the next visit, by a service worker; a new version takes over when no call would notice. */

/** @param {() => boolean} idle */
export async function keepPage(idle) {
  const workers = navigator.serviceWorker;
  if (!workers) return; // a private window, say: then the page is fetched each time
  try {
    const registration = await workers.register("/service_worker.js");
    const takeOver = () => {
      if (idle()) registration.waiting?.postMessage("take over");
    };
    takeOver();
    registration.addEventListener("updatefound", () => {
      registration.installing?.addEventListener("statechange", takeOver);
    });
  } catch (error) {
    console.warn("The page cannot be kept for the next visit:", error);
  }
}

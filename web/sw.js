// The service worker, written by hand. The server fills in the version and the shell (kit/static.py): any change of a shell file
// makes a new version, which waits until the reader asks for it. Forms are never queued or replayed here: POST goes to the network.
"use strict";

const VERSION = "__VERSION__";
const SHELL = ["__SHELL__"];
const SHELL_CACHE = "shell-" + VERSION;
const STATIC_CACHE = "static";
// Pages that may be read again without a network. The server says which (X-Offline: keep, or public for pages that are
// nobody's); the private ones are forgotten as soon as a page is shown to somebody who is not signed in.
const KEPT = { keep: "pages-private", public: "pages-public" };
const KEPT_PAGES = 40;
const STATIC_FILES = 60;

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(SHELL_CACHE).then((cache) => cache.addAll(SHELL)));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(
    caches
      .keys()
      .then((names) => Promise.all(names.filter((name) => name.startsWith("shell-") && name !== SHELL_CACHE).map((name) => caches.delete(name))))
      .then(() => self.clients.claim())
  );
});

self.addEventListener("message", (event) => {
  if (event.data === "activate") self.skipWaiting();
  if (event.data === "forget") event.waitUntil(caches.delete(KEPT.keep));
});

self.addEventListener("fetch", (event) => {
  const request = event.request;
  const address = new URL(request.url);
  if (request.method !== "GET" || address.origin !== self.location.origin) return;
  if (address.pathname.startsWith("/static/")) event.respondWith(hashedFile(event, request));
  else if (request.mode === "navigate") event.respondWith(page(event, request));
});

async function hashedFile(event, request) {
  const known = await caches.match(request);
  if (known) return known;
  const answer = await fetch(request);
  // A page older than the last deployment gets a file that is not its own: marked no-cache, not kept.
  if (answer.ok && (answer.headers.get("cache-control") || "").includes("immutable")) event.waitUntil(keep(STATIC_CACHE, request, answer.clone(), STATIC_FILES));
  return answer;
}

async function page(event, request) {
  try {
    const answer = await fetch(request);
    const cache = KEPT[answer.headers.get("x-offline")];
    if (answer.ok && cache) event.waitUntil(keep(cache, request, answer.clone(), KEPT_PAGES));
    return answer;
  } catch (unreachable) {
    return (await caches.match(request, { ignoreVary: true })) || (await caches.match("/offline")) || Response.error();
  }
}

async function keep(name, request, answer, limit) {
  const cache = await caches.open(name);
  await cache.delete(request, { ignoreVary: true });
  await cache.put(request, answer);
  const oldest = (await cache.keys()).slice(0, -limit);
  await Promise.all(oldest.map((one) => cache.delete(one)));
}

// Declarative Web Push (web_push: 8030): browsers that know it show the notification themselves, the others come here.
self.addEventListener("push", (event) => {
  event.waitUntil(show(event.data));
});

async function show(payload) {
  let message = {};
  try {
    message = payload ? payload.json() : {};
  } catch (notJson) {
    message = {};
  }
  const notice = message.notification || { title: "闭环", body: "您有一条新消息", navigate: "/" };
  if ("app_badge" in message && self.navigator.setAppBadge) self.navigator.setAppBadge(Number(message.app_badge)).catch(() => {});
  await self.registration.showNotification(notice.title, {
    body: notice.body,
    tag: notice.tag,
    renotify: Boolean(notice.tag),
    lang: notice.lang || "zh-CN",
    icon: SHELL.find((name) => name.includes("app-192")),
    silent: Boolean(notice.silent),
    requireInteraction: Boolean(notice.require_interaction),
    data: { navigate: notice.navigate },
  });
  const windows = await self.clients.matchAll({ type: "window" });
  windows.forEach((open) => open.postMessage("pushed"));
}

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(open(new URL((event.notification.data || {}).navigate || "/", self.location.origin)));
});

// An open window that shows something else is left alone: it may hold a half-filled form. A message names the site's public
// address; whoever came by another one (a phone in the same network) stays on it. No other site is ever opened.
async function open(named) {
  const address = new URL(named.pathname + named.search + named.hash, self.location.origin);
  const windows = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const there = windows.find((one) => one.url === address.href);
  return there ? there.focus() : self.clients.openWindow(address.href);
}

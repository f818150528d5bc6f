// The number of unread messages follows by itself: a stream while the page is in view, a look whenever it comes into view.
(function () {
  "use strict";
  var LEAST = 3000; // ms between two looks
  var stream = null;
  var looked = 0;

  function badges() {
    return document.querySelectorAll("[data-unread]");
  }

  function show(count) {
    Array.prototype.forEach.call(badges(), function (badge) {
      badge.classList.toggle("ring", count > Number(badge.firstChild.nodeValue));
      badge.hidden = count === 0;
      badge.firstChild.nodeValue = count > 99 ? "99+" : String(count);
    });
    if (!navigator.setAppBadge) return;
    (count ? navigator.setAppBadge(count) : navigator.clearAppBadge()).catch(function () {});
  }

  function heard(event) {
    try {
      show(JSON.parse(event.data).unread);
    } catch (cut) {
      look();
    }
  }

  function look() {
    if (Date.now() - looked < LEAST) return;
    looked = Date.now();
    fetch("/api/notices/unread", { headers: { Accept: "application/json" } })
      .then(function (answer) {
        return answer.ok ? answer.json() : Promise.reject(new Error(String(answer.status)));
      })
      .then(function (told) {
        show(told.unread);
      })
      .catch(function () {
        // Offline or signed out: the number stays as it was when the page was made.
      });
  }

  function listen() {
    if (stream || !window.EventSource) return;
    stream = new EventSource("/api/notices/live");
    stream.addEventListener("unread", heard);
    stream.addEventListener("error", function () {
      // The browser tries again by itself unless it was refused (signed out).
      if (stream && stream.readyState === EventSource.CLOSED) stream = null;
    });
  }

  function hush() {
    if (stream) stream.close();
    stream = null;
  }

  // A browser allows six connections to a site: those of tabs in the background are given back.
  function follow() {
    if (document.visibilityState === "hidden") {
      hush();
      return;
    }
    listen();
  }

  if (!badges().length) return;
  document.addEventListener("visibilitychange", follow);
  window.addEventListener("focus", look);
  window.addEventListener("pageshow", function (event) {
    if (event.persisted) look();
    follow();
  });
  window.addEventListener("pagehide", hush);
  if ("serviceWorker" in navigator) {
    navigator.serviceWorker.addEventListener("message", function (event) {
      if (event.data === "pushed") look();
    });
  }
  follow();
})();

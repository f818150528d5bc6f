// The service worker, the prompt for a new version (never reloads a half-filled form) and the offline bar.
(function () {
  "use strict";
  var chosen = false;

  function bar(name, words) {
    var old = document.querySelector("." + name);
    if (old) old.remove();
    if (!words) return null;
    var box = document.createElement("div");
    box.className = name;
    box.setAttribute("role", "status");
    var text = document.createElement("span");
    text.textContent = words;
    box.appendChild(text);
    return box;
  }

  function offline() {
    var box = bar("offline-bar", navigator.onLine ? "" : "离线 · 看到的可能不是最新内容，有网络后再提交");
    if (box) document.body.insertBefore(box, document.body.firstChild);
  }

  function prompt(waiting) {
    var box = bar("update", "有新版本");
    var button = document.createElement("button");
    button.type = "button";
    button.className = "btn btn-small";
    button.textContent = "点此刷新";
    button.addEventListener("click", function () {
      if (bihuan.dirty()) {
        box.firstChild.textContent = "您填的内容还没提交，提交后再刷新";
        return;
      }
      chosen = true;
      waiting.postMessage("activate");
    });
    box.appendChild(button);
    document.body.appendChild(box);
  }

  function watch(registration) {
    if (registration.waiting && navigator.serviceWorker.controller) prompt(registration.waiting);
    registration.addEventListener("updatefound", function () {
      var coming = registration.installing;
      coming.addEventListener("statechange", function () {
        if (coming.state === "installed" && navigator.serviceWorker.controller) prompt(coming);
      });
    });
  }

  window.addEventListener("online", offline);
  window.addEventListener("offline", offline);
  offline();

  if (!("serviceWorker" in navigator)) return;
  // Nobody is signed in here: what was kept for reading without a network is nobody's business now.
  if (document.body.hasAttribute("data-nobody") && navigator.serviceWorker.controller) {
    navigator.serviceWorker.controller.postMessage("forget");
  }
  // Only the tab in which the reader asked for it reloads.
  navigator.serviceWorker.addEventListener("controllerchange", function () {
    if (chosen) location.reload();
  });
  window.addEventListener("load", function () {
    navigator.serviceWorker.register("/sw.js").then(watch, function () {});
  });
})();

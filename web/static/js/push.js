// The bell ([data-bell]): shows what this browser can do, and asks for permission only after a tap.
(function () {
  "use strict";
  var WORKER_SECONDS = 10;

  function bytes(base64url) {
    var text = atob(base64url.replace(/-/g, "+").replace(/_/g, "/") + "===".slice((base64url.length + 3) % 4));
    return Uint8Array.from(text, function (letter) {
      return letter.charCodeAt(0);
    });
  }

  function sameKey(subscription, key) {
    var used = subscription.options && subscription.options.applicationServerKey;
    return !used || String(new Uint8Array(used)) === String(key);
  }

  function worker() {
    return Promise.race([
      navigator.serviceWorker.ready,
      new Promise(function (ready, failed) {
        setTimeout(failed, WORKER_SECONDS * 1000, new Error("no worker"));
      }),
    ]);
  }

  function known() {
    return worker().then(function (registration) {
      return registration.pushManager.getSubscription();
    });
  }

  function send(address, method, body) {
    var headers = { "Content-Type": "application/json", Accept: "application/json" };
    return fetch(address, { method: method, headers: headers, body: JSON.stringify(body) }).then(function (answer) {
      if (answer.ok) return null;
      return answer.json().then(function (refused) {
        throw new Error(refused.words || "");
      });
    });
  }

  function subscribe(box) {
    var key = bytes(box.getAttribute("data-key"));
    return worker().then(function (registration) {
      return registration.pushManager
        .getSubscription()
        .then(function (old) {
          if (old && !sameKey(old, key)) return old.unsubscribe().then(Boolean.bind(null, 0));
          return old;
        })
        .then(function (kept) {
          return kept || registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
        })
        .then(function (subscription) {
          return send(box.getAttribute("data-address"), "POST", subscription);
        });
    });
  }

  function isApple() {
    return /iPhone|iPad|iPod/.test(navigator.userAgent) || (/Macintosh/.test(navigator.userAgent) && navigator.maxTouchPoints > 1);
  }

  function installed() {
    return navigator.standalone === true || matchMedia("(display-mode: standalone)").matches;
  }

  function able() {
    if (/MicroMessenger/i.test(navigator.userAgent)) return "wechat";
    if (isApple() && !installed()) return "ios";
    if (!("serviceWorker" in navigator) || !("PushManager" in window) || !window.Notification) return "unsupported";
    return Notification.permission === "denied" ? "blocked" : "";
  }

  bihuan.each("[data-bell]", function (box) {
    function show(name, words) {
      Array.prototype.forEach.call(box.querySelectorAll("[data-case]"), function (one) {
        one.hidden = one.getAttribute("data-case") !== name;
      });
      if (words) box.querySelector("[data-bell-words]").textContent = words;
    }

    function failed(reason) {
      show(able() || "away", reason && /[一-龥]/.test(reason.message) ? reason.message : "");
    }

    function look() {
      var unable = able();
      if (unable) return show(unable);
      return known().then(function (subscription) {
        var on = subscription && Notification.permission === "granted";
        if (on) send(box.getAttribute("data-address"), "POST", subscription).catch(failed);
        show(on ? "on" : box.hasAttribute("data-reason") ? "ask" : "early");
      }, failed);
    }

    box.addEventListener("click", function (event) {
      var on = event.target.closest("[data-bell-on]");
      var off = event.target.closest("[data-bell-off]");
      if (on) {
        Notification.requestPermission().then(function (said) {
          if (said !== "granted") return look();
          return subscribe(box).then(location.reload.bind(location), failed);
        });
      } else if (off) {
        known()
          .then(function (subscription) {
            if (!subscription) return null;
            return send(box.getAttribute("data-address"), "DELETE", { endpoint: subscription.endpoint }).then(
              subscription.unsubscribe.bind(subscription)
            );
          })
          .then(location.reload.bind(location), failed);
      }
    });
    look();
  });
})();

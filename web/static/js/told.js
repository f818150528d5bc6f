// A browser that wants to be told says so in each session, and is no longer told once it is signed out.
(function () {
  "use strict";
  var HERE = "told-here"; // when this tab last said so
  var AGAIN = 60000; // ms

  function subscription() {
    if (!("serviceWorker" in navigator) || !("PushManager" in window)) return Promise.resolve(null);
    return navigator.serviceWorker
      .getRegistration()
      .then(function (registration) {
        return registration ? registration.pushManager.getSubscription() : null;
      })
      .catch(function () {
        return null; // not allowed here: a private window, a host's own browser
      });
  }

  function here(known) {
    if (!known || !window.Notification || Notification.permission !== "granted") return;
    try {
      if (Date.now() - Number(sessionStorage.getItem(HERE)) < AGAIN) return;
      sessionStorage.setItem(HERE, String(Date.now()));
    } catch (noStorage) {
      return;
    }
    var said = { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(known) };
    fetch("/api/push-subscriptions", said).catch(function () {});
  }

  // Whoever signs out is not told on this browser any more, even when the answer never comes.
  bihuan.each("form[data-sign-out]", function (form) {
    var found = null;
    subscription().then(function (known) {
      found = known;
    });
    form.addEventListener("submit", function () {
      if (!found) return;
      var gone = { method: "DELETE", keepalive: true, headers: { "Content-Type": "application/json" } };
      gone.body = JSON.stringify({ endpoint: found.endpoint });
      fetch("/api/push-subscriptions", gone).catch(function () {});
      found.unsubscribe();
    });
  });

  // The invitation to the bell goes away where there is nothing left to ask.
  bihuan.each("[data-bell-invite]", function (invitation) {
    if (window.Notification && Notification.permission === "granted") invitation.hidden = true;
  });

  if (!document.body.hasAttribute("data-nobody")) subscription().then(here);
})();

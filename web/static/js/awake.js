// The screen stays on while a code is shown ([data-awake]).
(function () {
  "use strict";
  if (!navigator.wakeLock) return;

  function stay() {
    if (document.visibilityState !== "visible" || !document.querySelector("[data-awake]")) return;
    navigator.wakeLock.request("screen").catch(function () {
      // A phone that saves power says no; the page tells how to keep the screen bright.
    });
  }

  document.addEventListener("visibilitychange", stay);
  stay();
})();

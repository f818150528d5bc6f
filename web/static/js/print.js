// The print button ([data-print]): shown only where printing works at all (not inside WeChat).
(function () {
  "use strict";
  if (!window.print || /MicroMessenger/i.test(navigator.userAgent)) return;
  bihuan.each("[data-print]", function (button) {
    button.hidden = false;
    button.addEventListener("click", function () { window.print(); });
  });
})();

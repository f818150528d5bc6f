// A button refuses the double tap, and shows that it works. The server refuses a repeated request all the same.
(function () {
  "use strict";
  var FORGET_AFTER_MS = 12000;

  function release(form) {
    form.removeAttribute("aria-busy");
    Array.prototype.forEach.call(form.querySelectorAll("button[aria-busy]"), function (button) {
      button.removeAttribute("aria-busy");
    });
  }

  function releaseAll() {
    Array.prototype.forEach.call(document.querySelectorAll("form[aria-busy]"), release);
  }

  document.addEventListener(
    "submit",
    function (event) {
      var form = event.target;
      var working = form.querySelector("[data-working]");
      if (form.getAttribute("aria-busy") === "true" || working) {
        event.preventDefault();
        event.stopImmediatePropagation();
        bihuan.say(working ? "照片正在处理，请稍候再提交" : "正在提交，请稍候");
        return;
      }
      // Not `disabled`: that would drop the button's name and value from what is sent.
      form.setAttribute("aria-busy", "true");
      var button = event.submitter || form.querySelector("button:not([type=button])");
      if (button) button.setAttribute("aria-busy", "true");
      setTimeout(release, FORGET_AFTER_MS, form);
    },
    true
  );

  // Back brings a page out of the browser's memory as it was when it was left.
  window.addEventListener("pageshow", releaseAll);
  document.addEventListener("htmx:finally:request", releaseAll);
})();

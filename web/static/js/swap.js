// Where the reader is after something changed: the error summary, the new heading, or words in the live region.
(function () {
  "use strict";
  var title = document.title;

  function focusOn(element) {
    if (!element.hasAttribute("tabindex")) element.setAttribute("tabindex", "-1");
    element.focus();
  }

  bihuan.each("[data-focus]", function (summary) {
    focusOn(summary);
    if (document.title.indexOf("错误：") !== 0) document.title = "错误：" + title;
  });

  // A link of the error summary lands on its field, with the label in view.
  document.addEventListener("click", function (event) {
    var link = event.target.closest ? event.target.closest(".error-summary a") : null;
    var field = link && document.getElementById(link.getAttribute("href").slice(1));
    if (!field) return;
    event.preventDefault();
    (field.closest(".field") || field).scrollIntoView({ block: "start" });
    field.focus({ preventScroll: true });
  });

  document.addEventListener("htmx:before:request", function (event) {
    var ctx = event.detail.ctx;
    if (ctx && ctx.target && ctx.target.setAttribute) ctx.target.setAttribute("aria-busy", "true");
    var failure = document.getElementById("request-failed");
    if (failure) failure.remove();
  });

  document.addEventListener("htmx:finally:request", function (event) {
    var ctx = event.detail.ctx;
    if (ctx && ctx.target && ctx.target.removeAttribute) ctx.target.removeAttribute("aria-busy");
  });

  // Only who was in the changed part is led on: a list that renews itself must not pull anybody away.
  var inside = false;
  document.addEventListener("htmx:before:swap", function (event) {
    var ctx = event.detail.ctx;
    var holders = [ctx && ctx.target, ctx && ctx.sourceElement];
    inside = holders.some(function (holder) {
      return holder && holder.contains && holder.contains(document.activeElement);
    });
  });

  document.addEventListener("htmx:after:settle", function (event) {
    if (!document.querySelector("[data-focus]")) document.title = title;
    Array.prototype.forEach.call(event.detail.newContent || [], function (node) {
      if (!node.querySelector) return;
      var words = node.matches("[data-say]") ? node : node.querySelector("[data-say]");
      if (words) bihuan.say(words.getAttribute("data-say") || words.textContent);
      var lost = !document.activeElement || document.activeElement === document.body;
      if (!inside || !lost || node.querySelector("[data-focus]")) return;
      focusOn(node.matches("h1, h2") ? node : node.querySelector("h1, h2") || node);
    });
  });

  // A failure is never swapped in (noSwap): say it beside the thing that was asked for, and keep all that was typed.
  function failed(event) {
    var ctx = event.detail.ctx;
    var status = ctx && ctx.response ? ctx.response.status : 0;
    if (status && status < 500) return;
    var notice = document.createElement("div");
    notice.id = "request-failed";
    notice.className = "notice notice-bad";
    notice.setAttribute("role", "alert");
    notice.textContent = navigator.onLine
      ? "没有成功，您填的内容还在。请过一会儿再试一次。"
      : "现在没有网络，您填的内容还在。有网络后请再试一次。";
    var main = document.getElementById("main");
    var place = (ctx && ctx.sourceElement && ctx.sourceElement.closest("form")) || main.firstChild;
    place.parentNode.insertBefore(notice, place);
    notice.scrollIntoView({ block: "nearest" });
  }
  document.addEventListener("htmx:response:error", failed);
  document.addEventListener("htmx:error", failed);
})();

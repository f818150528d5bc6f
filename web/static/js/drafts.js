// A half-filled form (form[data-draft]) survives a reload, a lost network and Back: kept for this tab only, by address.
// Never kept: files, hidden fields, codes. Dropped once the form led to another page, and on signing out.
(function () {
  "use strict";
  var PREFIX = "draft:";
  var KINDS = "input:not([type=hidden]):not([type=file]):not([autocomplete=one-time-code]), textarea, select";

  function keyOf(form) {
    return PREFIX + location.pathname + location.search + "#" + (form.id || form.getAttribute("action"));
  }

  function fieldsOf(form) {
    return Array.prototype.filter.call(form.querySelectorAll(KINDS), function (field) {
      return field.name;
    });
  }

  function read(key) {
    try {
      return JSON.parse(sessionStorage.getItem(key));
    } catch (broken) {
      return null;
    }
  }

  function write(key, draft) {
    try {
      sessionStorage.setItem(key, JSON.stringify(draft));
    } catch (full) {
      sessionStorage.removeItem(key);
    }
  }

  function keep(form, sent) {
    var values = fieldsOf(form).map(function (field) {
      var ticked = field.type === "checkbox" || field.type === "radio";
      return [field.name, field.value, ticked ? field.checked : null];
    });
    write(keyOf(form), { path: location.pathname, sent: Boolean(sent), values: values });
  }

  function restore(form, draft) {
    var changed = false;
    fieldsOf(form).forEach(function (field) {
      draft.values.forEach(function (kept) {
        if (kept[0] !== field.name) return;
        if (kept[2] === null && field.value !== kept[1] && field.value === (field.defaultValue || "")) {
          field.value = kept[1];
          changed = true;
        } else if (kept[2] !== null && kept[1] === field.value && field.checked !== kept[2]) {
          field.checked = kept[2];
          changed = true;
        }
      });
    });
    if (changed) bihuan.say("已恢复您上次填写的内容");
  }

  function dropSent() {
    Object.keys(sessionStorage).forEach(function (key) {
      var draft = key.indexOf(PREFIX) === 0 ? read(key) : null;
      if (draft && draft.sent && draft.path !== location.pathname) sessionStorage.removeItem(key);
    });
  }

  try {
    // The server's answer to a refused form already holds what was typed.
    var refused = document.querySelector(".error-summary");
    if (!refused) dropSent();
    bihuan.each("form[data-draft]", function (form) {
      var timer = 0;
      var draft = read(keyOf(form));
      if (draft && !document.querySelector(".error-summary")) restore(form, draft);
      form.addEventListener("input", function () {
        clearTimeout(timer);
        timer = setTimeout(keep, 300, form, false);
      });
      form.addEventListener("submit", function () {
        clearTimeout(timer);
        keep(form, true);
      });
    });
    bihuan.each("form[data-sign-out]", function (form) {
      form.addEventListener("submit", function () {
        sessionStorage.clear();
      });
    });
  } catch (noStorage) {
    // Storage is switched off: the page works without drafts.
  }
})();

// What the other behaviours stand on: binding by attribute (also after an htmx swap), the live region, scripts on demand,
// and the small things of the frame itself. Old WebViews run this: no syntax newer than 2018.
(function () {
  "use strict";
  var kinds = [];
  var loading = {};

  function bindAll(kind) {
    Array.prototype.forEach.call(document.querySelectorAll(kind.selector), function (element) {
      if (kind.done.has(element)) return;
      kind.done.add(element);
      kind.bind(element);
    });
  }

  var bihuan = (window.bihuan = {
    // Bind now and after every swap, each element once.
    each: function (selector, bind) {
      var kind = { selector: selector, bind: bind, done: new WeakSet() };
      kinds.push(kind);
      bindAll(kind);
    },
    refresh: function () {
      kinds.forEach(bindAll);
    },
    // Say something to a screen reader, politely. The pause makes the same words be said twice.
    say: function (words) {
      var live = document.getElementById("live");
      if (!live) return;
      live.textContent = "";
      setTimeout(function () {
        live.textContent = words;
      }, 80);
    },
    load: function (address) {
      if (!loading[address]) {
        loading[address] = new Promise(function (loaded, failed) {
          var script = document.createElement("script");
          script.src = address;
          script.onload = loaded;
          script.onerror = failed;
          document.head.appendChild(script);
        });
      }
      return loading[address];
    },
    // Whether a form of this page holds something that was typed and not sent.
    dirty: function () {
      return Array.prototype.some.call(document.querySelectorAll("form[method=post] *"), function (field) {
        if (field.type === "hidden" || field.type === "submit" || field.type === "button") return false;
        if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
        if (field.tagName === "OPTION") return field.selected !== field.defaultSelected && field.value !== "";
        if (field.type === "file") return field.files && field.files.length > 0;
        return field.defaultValue !== undefined && field.value !== field.defaultValue;
      });
    },
  });

  document.documentElement.classList.add("js");
  document.addEventListener("htmx:after:settle", bihuan.refresh);
  document.addEventListener("htmx:after:swap", bihuan.refresh);
  document.addEventListener("say", function (event) {
    bihuan.say(event.detail.value || event.detail);
  });

  bihuan.each("[data-script]", function (element) {
    bihuan.load(element.getAttribute("data-script"));
  });

  function copied(button) {
    var words = button.querySelector("span") || button;
    words.textContent = "已复制";
    bihuan.say("已复制");
  }

  function copyOldWay(text) {
    var area = document.createElement("textarea");
    area.value = text;
    area.setAttribute("readonly", "");
    area.className = "hidden-text";
    document.body.appendChild(area);
    area.select();
    var done = document.execCommand("copy");
    area.remove();
    return done ? Promise.resolve() : Promise.reject(new Error("copy"));
  }

  bihuan.each("[data-copy]", function (button) {
    button.hidden = false;
    button.addEventListener("click", function () {
      var text = button.getAttribute("data-copy");
      var way = navigator.clipboard ? navigator.clipboard.writeText(text) : copyOldWay(text);
      way.then(copied.bind(null, button), function () {
        bihuan.say("没有复制成功，请长按编号复制");
      });
    });
  });

  bihuan.each("[data-reveal]", function (box) {
    var button = box.querySelector("button");
    var shown = box.querySelector("[data-shown]");
    var whole = box.querySelector("[data-whole]");
    button.hidden = false;
    button.addEventListener("click", function () {
      whole.hidden = !whole.hidden;
      shown.hidden = !whole.hidden;
      button.setAttribute("aria-expanded", String(!whole.hidden));
      button.textContent = whole.hidden ? "显示全部" : "隐藏";
    });
  });
})();

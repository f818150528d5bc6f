// The scan page ([data-scanner]): the phone's own reader, else ours (wasm, fetched only now), else a photo, else typing.
// A code of this site is a link: open it. Anything else is put into the page's own form, which the server judges.
(function () {
  "use strict";
  var EVERY_MS = 200;

  function ownReader() {
    if (!("BarcodeDetector" in window)) return Promise.reject(new Error("none"));
    return window.BarcodeDetector.getSupportedFormats().then(function (formats) {
      if (formats.indexOf("qr_code") < 0) throw new Error("no qr_code");
      return new window.BarcodeDetector({ formats: ["qr_code"] });
    });
  }

  function ourReader(box) {
    return bihuan.load(box.getAttribute("data-ponyfill")).then(function () {
      var api = window.BarcodeDetectionAPI;
      var wasm = box.getAttribute("data-wasm");
      api.prepareZXingModule({ overrides: { locateFile: function () { return wasm; } } });
      return new api.BarcodeDetector({ formats: ["qr_code"] });
    });
  }

  bihuan.each("[data-scanner]", function (box) {
    var view = box.querySelector(".scanner-view");
    var video = box.querySelector("video");
    var words = box.querySelector("[data-scanner-words]");
    var reader = ownReader().catch(ourReader.bind(null, box));
    var stream = null;
    var timer = 0;

    function stop() {
      clearTimeout(timer);
      if (stream) stream.getTracks().forEach(function (track) { track.stop(); });
      stream = null;
    }

    function found(text) {
      stop();
      words.textContent = "已识别";
      if (navigator.vibrate) navigator.vibrate(60);
      var link = null;
      try {
        link = new URL(text);
      } catch (notALink) {
        link = null;
      }
      if (link && link.origin === location.origin) {
        location.assign(link.href);
      } else if (link && /^https?:$/.test(link.protocol)) {
        words.textContent = "这不是本平台的码（" + link.hostname + "），没有打开。请核对后再扫。";
        timer = setTimeout(start, 3000);
      } else {
        var field = document.getElementById(box.getAttribute("data-scanner"));
        field.value = text;
        field.form.submit();
      }
    }

    function look(detector) {
      if (!stream) return;
      detector.detect(video).then(
        function (codes) {
          if (codes.length) found(codes[0].rawValue);
        },
        function () {}
      ).then(function () {
        if (stream) timer = setTimeout(look, EVERY_MS, detector);
      });
    }

    function start() {
      if (!navigator.mediaDevices) return noCamera();
      return navigator.mediaDevices
        .getUserMedia({ audio: false, video: { facingMode: "environment", width: { ideal: 1280 } } })
        .then(function (opened) {
          stream = opened;
          video.srcObject = opened;
          view.hidden = false;
          return video.play();
        })
        .then(function () { return reader; })
        .then(look)
        .catch(noCamera);
    }

    function noCamera() {
      stop();
      view.hidden = true;
      words.textContent = "打不开摄像头。请允许使用摄像头，或拍一张照片识别，或输入码下方的字符。";
    }

    box.querySelector("[data-scanner-photo]").addEventListener("change", function (event) {
      words.textContent = "正在识别照片";
      Promise.all([reader, createImageBitmap(event.target.files[0])])
        .then(function (both) { return both[0].detect(both[1]); })
        .then(function (codes) {
          if (codes.length) return found(codes[0].rawValue);
          words.textContent = "照片里没有找到二维码，请靠近一些再拍，或输入码下方的字符。";
        })
        .catch(function () { words.textContent = "这张照片无法识别，请输入码下方的字符。"; });
    });

    box.hidden = false;
    window.addEventListener("pagehide", stop);
    start();
  });
})();

// Photos are made small on the phone ([data-photos]: how many): 1600 px, JPEG, so without place and camera data (EXIF).
// Without this script, or with a picture that it cannot read, the original is sent and the server does the same.
(function () {
  "use strict";
  var LONGEST = 1600;
  var QUALITY = 0.82;

  function picture(file) {
    return new Promise(function (loaded, failed) {
      var image = new Image();
      image.onload = function () {
        loaded(image);
      };
      image.onerror = failed;
      image.src = URL.createObjectURL(file);
    });
  }

  function smaller(file) {
    return picture(file).then(function (image) {
      var scale = Math.min(1, LONGEST / Math.max(image.naturalWidth, image.naturalHeight));
      var canvas = document.createElement("canvas");
      canvas.width = Math.round(image.naturalWidth * scale);
      canvas.height = Math.round(image.naturalHeight * scale);
      canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
      URL.revokeObjectURL(image.src);
      return new Promise(function (made) {
        canvas.toBlob(
          function (blob) {
            var name = file.name.replace(/\.\w+$/, "") + ".jpg";
            made(blob ? new File([blob], name, { type: "image/jpeg" }) : file);
          },
          "image/jpeg",
          QUALITY
        );
      });
    });
  }

  bihuan.each("[data-photos]", function (box) {
    var limit = Number(box.getAttribute("data-photos"));
    var input = box.querySelector("input[type=file]");
    var list = box.querySelector("[data-previews]");
    var chosen = [];
    if (typeof DataTransfer !== "function" || !HTMLCanvasElement.prototype.toBlob) return;

    function show() {
      var held = new DataTransfer();
      list.textContent = "";
      chosen.forEach(function (file, place) {
        held.items.add(file);
        var row = document.createElement("li");
        var frame = document.createElement("span");
        frame.className = "photo";
        var image = document.createElement("img");
        image.alt = "第" + (place + 1) + "张照片";
        image.src = URL.createObjectURL(file);
        frame.appendChild(image);
        var drop = document.createElement("button");
        drop.type = "button";
        drop.className = "btn btn-small btn-plain photo-drop";
        drop.textContent = "删除";
        drop.setAttribute("aria-label", "删除第" + (place + 1) + "张照片");
        drop.addEventListener("click", function () {
          chosen.splice(place, 1);
          show();
          input.focus();
        });
        row.appendChild(frame);
        row.appendChild(drop);
        list.appendChild(row);
      });
      list.hidden = chosen.length === 0;
      input.files = held.files;
    }

    input.addEventListener("change", function () {
      var picked = Array.prototype.slice.call(input.files);
      var room = limit - chosen.length;
      box.setAttribute("data-working", "");
      Promise.all(
        picked.slice(0, Math.max(room, 0)).map(function (file) {
          return smaller(file).catch(function () {
            return file;
          });
        })
      ).then(function (files) {
        chosen = chosen.concat(files);
        box.removeAttribute("data-working");
        show();
        bihuan.say(picked.length > room ? "最多" + limit + "张照片，多出的没有加入" : "已选" + chosen.length + "张照片");
      });
    });
  });
})();

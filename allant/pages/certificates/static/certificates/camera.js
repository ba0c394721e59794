// The camera: a code is read by the browser where it can, or else frame by frame by this site. Nothing leaves for elsewhere.
const box = document.getElementById("camera");
const form = document.getElementById("verification");
const EVERY = 700; // milliseconds between two frames sent

if (box && navigator.mediaDevices?.getUserMedia) {
  const video = box.querySelector("video");
  const [start, stop] = [box.querySelector("[data-start]"), box.querySelector("[data-stop]")];
  const message = box.querySelector("[data-message]");
  let stream = null;
  box.hidden = false;

  const reader = async () => {
    if (!("BarcodeDetector" in window)) return null;
    const formats = (await BarcodeDetector.getSupportedFormats()).filter((name) => ["qr_code", "data_matrix"].includes(name));
    return formats.length ? new BarcodeDetector({ formats }) : null;
  };

  const sent = async () => {
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
    canvas.getContext("2d").drawImage(video, 0, 0);
    const frame = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.8));
    const body = new FormData();
    body.append("frame", frame, "frame.jpg");
    body.append("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
    const answer = await fetch(box.dataset.address, { method: "POST", body });
    const found = await answer.json();
    if (found.error) throw new Error(found.error);
    return found.text;
  };

  const end = () => {
    stream?.getTracks().forEach((track) => track.stop());
    stream = null;
    video.hidden = stop.hidden = true;
    start.hidden = false;
  };

  const look = async (detector) => {
    while (stream) {
      try {
        const text = detector ? (await detector.detect(video))[0]?.rawValue : await sent();
        if (text && stream) {
          end();
          message.textContent = "Code lu.";
          form.elements.text.value = text;
          form.requestSubmit();
          return;
        }
      } catch (problem) {
        end();
        message.textContent = problem.message;
        return;
      }
      await new Promise((done) => setTimeout(done, detector ? 150 : EVERY));
    }
  };

  start.addEventListener("click", async () => {
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    } catch {
      message.textContent = "La caméra ne répond pas ou n’est pas autorisée : choisissez plutôt une image.";
      return;
    }
    video.srcObject = stream;
    await video.play();
    video.hidden = stop.hidden = false;
    start.hidden = true;
    message.textContent = "Présentez le code à la caméra.";
    look(await reader());
  });
  stop.addEventListener("click", () => { end(); message.textContent = ""; });
}

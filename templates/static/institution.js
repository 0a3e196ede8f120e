// Without this the pages work the same: a form that is sent, and a page that reloads itself while claims wait.
const drop = document.querySelector("form.drop");
if (drop) {
    const file = drop.querySelector("input[type=file]"), bar = drop.querySelector("progress"), state = drop.querySelector(".state");
    for (const name of ["dragenter", "dragover"]) drop.addEventListener(name, (event) => { event.preventDefault(); drop.classList.add("over"); });
    for (const name of ["dragleave", "drop"]) drop.addEventListener(name, (event) => { event.preventDefault(); drop.classList.remove("over"); });
    drop.addEventListener("drop", (event) => {
        if (!event.dataTransfer.files.length) return;
        file.files = event.dataTransfer.files;
        drop.requestSubmit();
    });
    drop.addEventListener("submit", (event) => {
        if (!file.files.length) return;
        event.preventDefault();
        const sending = new XMLHttpRequest();
        bar.hidden = false;
        drop.querySelector("button").disabled = true;
        sending.upload.addEventListener("progress", ({ loaded, total }) => { bar.value = (100 * loaded) / total; });
        sending.upload.addEventListener("load", () => { bar.removeAttribute("value"); state.textContent = drop.dataset.busy; });
        sending.addEventListener("load", () => {
            if (sending.responseURL !== location.href) { location.assign(sending.responseURL); return; }
            const told = new DOMParser().parseFromString(sending.responseText, "text/html").querySelector("main");
            document.querySelector("main").replaceChildren(...(told ? told.childNodes : [sending.responseText]));
        });
        sending.addEventListener("error", () => { bar.hidden = true; drop.querySelector("button").disabled = false; state.textContent = drop.dataset.cut; });
        sending.open("POST", location.href);
        sending.send(new FormData(drop));
    });
}
// While claims wait, what stands on the page is asked for again.
const follow = async () => {
    const live = document.querySelector("#live[data-refresh]");
    if (!live) return;
    await new Promise((done) => { setTimeout(done, Number(live.dataset.refresh)); });
    try {
        const answer = await fetch(location.href);
        const now = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("#live");
        if (now) live.replaceWith(now);
    } catch { /* the network is away: it is tried again */ }
    follow();
};
follow();

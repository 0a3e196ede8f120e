// Marks a changed box as it is typed in, with what it was; the server does the same when the page is sent.
document.addEventListener("input", ({ target }) => {
    const box = target.closest(".editor .box");
    const was = box?.querySelector(".was");
    if (!was || target.type === "checkbox") return;
    const now = target.tagName === "SELECT" ? target.selectedOptions[0].text : target.value.trim();
    const unit = box.querySelector(".in > i")?.textContent ?? "";
    const told = now && unit ? `${now}${unit === "%" ? "" : " "}${unit}` : now;
    was.hidden = [now, told].includes(was.dataset.was);
});
// A page that was changed and not saved asks before it is left.
const editor = document.querySelector("form.editor");
if (editor) {
    let changed = editor.querySelector(".faults") !== null;
    editor.addEventListener("input", () => { changed = true; });
    editor.addEventListener("submit", () => { changed = false; });
    window.addEventListener("beforeunload", (event) => { if (changed) event.preventDefault(); });
}

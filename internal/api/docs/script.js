// Adds a copy button to each example, and puts the address of this server into
// it. The page is complete without.
"use strict";

const base = new URL("../", document.baseURI).href.replace(/\/$/, "");

for (const code of document.querySelectorAll("code[data-path]")) {
  code.textContent = `curl ${code.dataset.flags}'${base}${code.dataset.path}'`;
  if (!navigator.clipboard) continue; // needs a secure context; the text can be selected
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "Copy";
  button.setAttribute("aria-live", "polite");
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(code.textContent);
      button.textContent = "Copied";
    } catch {
      button.textContent = "Failed";
    }
    setTimeout(() => {
      button.textContent = "Copy";
    }, 2000);
  });
  code.closest(".try").append(button);
}

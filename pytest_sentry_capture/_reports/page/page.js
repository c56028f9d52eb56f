// Filters and search of the operations, kept in the fragment of the address: #operations&show=silent&find=statements.
// Everything is on the page without this. Nothing of the address becomes markup.
"use strict";
(() => {
  const tools = document.getElementById("tools");
  if (!tools) return;
  const search = tools.querySelector("input[type=search]");
  const choices = [...tools.querySelectorAll("input[type=radio]")];
  const found = document.getElementById("found");
  const lines = [...document.querySelectorAll("#lines > li")].map((line) => ({
    line,
    text: line.textContent.toLowerCase(),
    is: (line.dataset.is || "").split(" "),
  }));

  const asked = () => {
    const [place, ...settings] = location.hash.slice(1).split("&");
    const values = Object.fromEntries(settings.map((setting) => setting.split("=", 2)));
    const shortcut = place.match(/^show-([a-z]+)$/);
    const decoded = (text) => {
      try { return decodeURIComponent(text); } catch { return ""; }
    };
    return {
      isOurs: place === "operations" || Boolean(shortcut),
      show: shortcut ? shortcut[1] : values.show || "all",
      find: decoded(values.find || ""),
    };
  };

  const show = () => {
    const chosen = choices.find((choice) => choice.checked);
    const kind = chosen ? chosen.value : "all";
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const { line, text, is } of lines) {
      line.hidden = !((kind === "all" || is.includes(kind)) && words.every((word) => text.includes(word)));
      shown += line.hidden ? 0 : 1;
    }
    found.textContent = `${shown} of ${lines.length} shown`;
  };

  const read = () => {
    const { isOurs, show: kind, find } = asked();
    if (isOurs) {
      const choice = choices.find((each) => each.value === kind) || choices[0];
      choice.checked = true;
      search.value = find;
      show();
      document.getElementById("operations").scrollIntoView();
    }
    const target = document.getElementById(location.hash.slice(1));
    const closed = target && target.closest("details");
    if (closed) {
      closed.open = true;
      closed.scrollIntoView();
    }
  };

  const keep = () => {
    const kind = choices.find((choice) => choice.checked).value;
    const settings = [
      ...(kind === "all" ? [] : [`show=${kind}`]),
      ...(search.value ? [`find=${encodeURIComponent(search.value)}`] : []),
    ];
    history.replaceState(null, "", `#${["operations", ...settings].join("&")}`);
    show();
  };

  tools.hidden = false;
  tools.addEventListener("input", keep);
  window.addEventListener("hashchange", read);
  window.addEventListener("beforeprint", () => {
    for (const part of document.querySelectorAll("details")) part.open = true;
  });
  show();
  read();
})();

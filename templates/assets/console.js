// The console's enhancements; every page is complete without them. Lists are searched while one types: the same page is
// asked for, and what follows its filter form is replaced. Chosen rows are marked, and a box in the head of a table
// chooses all rows of the page. What goes on in the background is shown anew while it lasts.
"use strict";
(() => {
  const main = document.getElementById("main");
  const PAUSE_MS = 250;

  // The rows of a form: mark those that are chosen, and offer to choose all that are shown.
  const boxesOf = (table) => [...table.querySelectorAll("tbody tr > :first-child input[type=checkbox]")];
  const mark = (table) => {
    const boxes = boxesOf(table);
    for (const box of boxes) box.closest("tr").classList.toggle("chosen", box.checked);
    const all = table.querySelector("thead input[data-all]");
    if (!all) return;
    const chosen = boxes.filter((box) => box.checked).length;
    all.checked = chosen > 0 && chosen === boxes.length;
    all.indeterminate = chosen > 0 && chosen < boxes.length;
  };
  const enhance = (region) => {
    for (const table of region.querySelectorAll("form table.list")) {
      const head = table.querySelector("thead tr > :first-child");
      if (boxesOf(table).length > 1 && head && !head.querySelector("input")) {
        const all = document.createElement("input");
        all.type = "checkbox";
        all.dataset.all = "";
        all.autocomplete = "off";
        all.setAttribute("aria-label", main.dataset.chooseAll);
        head.append(all);
      }
      mark(table);
    }
  };
  main.addEventListener("change", (event) => {
    const table = event.target.closest("table.list");
    if (!table || event.target.type !== "checkbox") return;
    if ("all" in event.target.dataset) for (const box of boxesOf(table)) box.checked = event.target.checked;
    mark(table);
  });

  // The same page, anew. Where it is no longer the same page, such as after a sign-out, the browser goes there.
  const ask = async (address, signal) => {
    const answer = await fetch(address, { signal, credentials: "same-origin", headers: { accept: "text/html" } });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const there = page.getElementById("main");
    if (!there || there.dataset.page !== main.dataset.page || answer.redirected) {
      location.assign(address);
      return null;
    }
    return there;
  };

  // Search while typing.
  const after = (form) => {
    const list = [];
    for (let next = form.nextElementSibling; next; next = next.nextElementSibling) list.push(next);
    return list;
  };
  const filters = (root) => [...root.querySelectorAll("form.filter[method=get]")];
  const wire = (form, place) => {
    const fields = [...form.querySelectorAll("input[type=search], input[type=text]")];
    if (fields.length === 0) return;
    const told = document.createElement("p");
    told.className = "hide";
    told.setAttribute("role", "status");
    form.append(told);
    let timer = 0;
    let asking = null;
    let last = new URLSearchParams(new FormData(form)).toString();

    const show = async () => {
      const query = new URLSearchParams(new FormData(form)).toString();
      if (query === last) return;
      last = query;
      if (asking) asking.abort();
      asking = new AbortController();
      const address = `${new URL(form.action, location.href).pathname}?${query}`;
      try {
        const there = await ask(address, asking.signal);
        const other = there && filters(there)[place];
        if (!other) return;
        const fresh = after(other).map((part) => document.importNode(part, true));
        for (const part of after(form)) part.remove();
        form.after(...fresh);
        const lead = main.querySelector(".page-head .lead");
        const newLead = there.querySelector(".page-head .lead");
        if (lead && newLead) lead.replaceWith(document.importNode(newLead, true));
        // What stands elsewhere on the page and speaks of the same question, such as a form to keep it.
        for (const part of main.querySelectorAll("[id][data-follows]")) {
          const newPart = there.querySelector(`[id="${part.id}"]`);
          if (newPart) part.replaceWith(document.importNode(newPart, true));
        }
        enhance(form.parentElement);
        // The address can be kept, and sent to others.
        history.replaceState(null, "", address);
        const count = form.parentElement.querySelector(".pages .shown") || main.querySelector(".page-head .lead");
        told.textContent = count ? count.textContent : "";
      } catch (error) {
        // A newer question took its place, or the network is away: the button of the form asks again.
        if (error.name !== "AbortError") last = "";
      }
    };
    const soon = (event) => {
      // Words that an input method is still putting together are not yet typed.
      if (event.isComposing || !fields.includes(event.target)) return;
      clearTimeout(timer);
      timer = setTimeout(show, PAUSE_MS);
    };
    form.addEventListener("input", soon);
    form.addEventListener("compositionend", soon);
  };
  filters(main).forEach(wire);

  // What is under way: <section id="…" data-refresh="2"> is shown anew every two seconds, until it comes without the mark.
  const follow = (part) => {
    const seconds = Math.max(1, Number(part.dataset.refresh) || 2);
    setTimeout(async () => {
      try {
        const there = await ask(location.href, undefined);
        const other = there && there.querySelector(`[id="${part.id}"]`);
        if (!there) return;
        if (!other) {
          location.reload();
          return;
        }
        const fresh = document.importNode(other, true);
        part.replaceWith(fresh);
        enhance(fresh);
        if (fresh.dataset.refresh) follow(fresh);
      } catch {
        follow(part);
      }
    }, seconds * 1000);
  };
  for (const part of main.querySelectorAll("[id][data-refresh]")) follow(part);

  // A printed or shared page of a chart says its numbers: tables under charts open before printing.
  addEventListener("beforeprint", () => {
    for (const table of main.querySelectorAll("details.table")) table.open = true;
  });

  enhance(main);
})();

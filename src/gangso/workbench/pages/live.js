// A region of the page: HTML that the server renders, with what is done in it sent back.
// `data-act` names what a control asks for; everything else in its dataset goes with it.
export default {
  template: `<div @click="click" @change="change" @input="input" @submit.prevent="submit" @keydown="keydown"></div>`,
  props: { html: String },
  mounted() { this.render(); },
  updated() { this.render(); },
  methods: {
    // Replace the content, and leave focus, scrolling, what is typed and what is unfolded as they were.
    render() {
      if (this.html === this.shown) return;
      this.shown = this.html;
      const root = this.$el, at = document.activeElement;
      const focus = root.contains(at) ? at.id : "";
      const chosen = focus && "selectionStart" in at ? at.selectionStart : null;
      const typed = Object.fromEntries([...root.querySelectorAll("[data-keep]")].map((e) => [e.id, e.value]));
      const open = Object.fromEntries([...root.querySelectorAll("details[id]")].map((e) => [e.id, e.open]));
      const scroll = Object.fromEntries([...root.querySelectorAll("[data-scroll]")].map((e) => [e.id, e.scrollTop]));
      root.innerHTML = this.html;
      for (const [id, value] of Object.entries(typed)) { const e = document.getElementById(id); if (e) e.value = value; }
      for (const [id, value] of Object.entries(open)) { const e = document.getElementById(id); if (e) e.open = value; }
      for (const e of root.querySelectorAll("[data-filter]")) this.filter(e);
      for (const [id, value] of Object.entries(scroll)) { const e = document.getElementById(id); if (e) e.scrollTop = value; }
      const back = focus && document.getElementById(focus);
      if (back) { back.focus({ preventScroll: true }); if (chosen !== null && back.setSelectionRange && back.type !== "range") { try { back.setSelectionRange(chosen, chosen); } catch { /* not a text field */ } } }
      const dialog = root.querySelector("dialog[data-open]");
      if (dialog && !dialog.open) {
        dialog.showModal();
        dialog.addEventListener("cancel", (e) => { e.preventDefault(); this.send({ act: dialog.dataset.cancel }); });
        (dialog.querySelector("[autofocus]") || dialog.querySelector("button, input, a"))?.focus();
      }
    },
    send(what) { this.$emit("act", what); },
    click(event) {
      const control = event.target.closest("[data-act]");
      if (!control || control.matches("input, select, textarea, form")) return;
      if (control.tagName === "A" && control.hasAttribute("href")) return;
      event.preventDefault();
      if (control.getAttribute("aria-disabled") === "true") return;
      this.send({ ...control.dataset, add: event.shiftKey || event.ctrlKey || event.metaKey });
    },
    async change(event) {
      const control = event.target;
      if (control.type === "file" && control.files.length) { await this.upload(control); return; }
      if (control.matches("[data-act]") && !control.matches("form")) {
        this.send({ ...control.dataset, value: control.type === "checkbox" ? control.checked : control.value });
      }
    },
    input(event) {
      const control = event.target;
      if (control.dataset.filter) this.filter(control);
      if (control.dataset.echo) document.getElementById(control.dataset.echo).textContent = Number(control.value).toLocaleString(document.documentElement.lang, { maximumFractionDigits: 2 });
    },
    submit(event) {
      const form = event.target;
      this.send({ ...form.dataset, fields: Object.fromEntries(new FormData(form)) });
    },
    // Files go to the API, which has the limits; its answer comes back as what was done.
    async upload(control) {
      const body = new FormData();
      body.append("file", control.files[0]);
      this.send({ act: control.dataset.begun, name: control.files[0].name });
      let answer;
      try {
        const response = await fetch((window.path_prefix || "") + control.dataset.url, { method: "POST", body });
        answer = { status: response.status, body: await response.json() };
      } catch (error) {
        answer = { status: 0, body: { message: String(error) } };
      }
      control.value = "";
      this.send({ act: control.dataset.done, answer });
    },
    filter(control) {
      const wanted = control.value.normalize("NFC").toLowerCase().split(/\s+/).filter(Boolean);
      const list = document.getElementById(control.dataset.filter);
      let shown = 0;
      for (const row of list.querySelectorAll("[data-search]")) {
        const hit = wanted.every((word) => row.dataset.search.includes(word));
        row.hidden = !hit;
        if (hit) shown += 1;
      }
      const count = document.getElementById(control.dataset.count);
      if (count) count.textContent = count.dataset.words.replace("#", shown);
      const rows = this.rows(list);
      rows.forEach((row, i) => (row.tabIndex = i ? -1 : 0));
    },
    rows(list) { return [...list.querySelectorAll("[data-row]")].filter((row) => !row.closest("[hidden]")); },
    // One stop of the tab key a list; arrows walk within it.
    keydown(event) {
      const control = event.target;
      if (control.dataset.filter && (event.key === "ArrowDown" || event.key === "Enter")) {
        const first = this.rows(document.getElementById(control.dataset.filter))[0];
        if (first) { event.preventDefault(); if (event.key === "Enter") first.click(); else first.focus(); }
        return;
      }
      const list = control.closest("[data-roving]");
      if (!list) return;
      const rows = this.rows(list), at = rows.indexOf(control.closest("[data-row]"));
      const across = list.dataset.roving === "across";
      const to = { [across ? "ArrowRight" : "ArrowDown"]: at + 1, [across ? "ArrowLeft" : "ArrowUp"]: at - 1, Home: 0, End: rows.length - 1 }[event.key];
      if (to === undefined || at < 0) return;
      event.preventDefault();
      const next = rows[Math.max(0, Math.min(rows.length - 1, to))];
      rows.forEach((row) => (row.tabIndex = -1));
      next.tabIndex = 0;
      next.focus();
      if (across) next.click();
    },
  },
};

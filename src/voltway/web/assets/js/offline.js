// The receipts that this browser keeps, newest first, while there is no line.
const list = document.querySelector("[data-kept]");
const forget = document.querySelector("[data-forget]");

const kept = async () => {
  if (!("caches" in window)) return [];
  const receipts = await caches.open("receipts");
  const all = [];
  for (const request of await receipts.keys()) {
    const answer = await receipts.match(request);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    all.unshift({ address: new URL(request.url).pathname, title: page.title.split(" · ")[0] });
  }
  return all;
};

const draw = async () => {
  const all = await kept();
  list.replaceChildren(
    ...all.map(({ address, title }) => {
      const row = document.createElement("li");
      const link = document.createElement("a");
      link.className = "row";
      link.href = address;
      link.textContent = title;
      row.append(link);
      return row;
    }),
  );
  for (const part of document.querySelectorAll("[data-some]")) part.hidden = !all.length;
  document.querySelector("[data-none]").hidden = all.length > 0;
};

forget.addEventListener("click", async () => {
  await caches.delete("receipts");
  await draw();
});

// This page stands in for another one, which comes as soon as there is a line again. A line that is
// just back may fail once more, and nobody says "online" a second time: so it is asked for, too.
const again = () =>
  fetch("/health/live", { cache: "no-store" })
    .then(() => location.reload())
    .catch(() => {});
if (location.pathname !== "/offline") {
  addEventListener("online", again);
  setInterval(again, 3000);
}
draw();

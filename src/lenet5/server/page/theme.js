// Dark or light, set before the first paint: the choice made here, else the system's. A plain script: it must not wait.
{
  const kept = localStorage.getItem("lenet5.theme");
  const dark = kept ? kept === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  document.documentElement.dataset.theme = dark ? "dark" : "light";
}

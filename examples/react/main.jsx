import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { Ask } from "./ask.jsx";

createRoot(document.getElementById("app")).render(
  <StrictMode>
    <Ask />
  </StrictMode>,
);

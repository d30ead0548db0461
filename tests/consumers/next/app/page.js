"use client";
import { useEffect } from "react";
import check from "../../module.mjs";

export default function Page() {
  useEffect(() => {
    window.check = check;
  }, []);
  return <p>llm-fuse</p>;
}

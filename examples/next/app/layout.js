export default function Layout({ children }) {
  return (
    <html lang="en">
      <body style={{ font: "16px/1.5 system-ui", margin: "2rem auto", maxWidth: "48rem" }}>
        {children}
      </body>
    </html>
  );
}

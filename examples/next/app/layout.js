// What Next.js asks for around every page.

export const metadata = { title: "fhir-pull and Next.js", icons: "data:," };

export default function Layout({ children }) {
  return (
    <html lang="en">
      <body>{children}</body>
    </html>
  );
}

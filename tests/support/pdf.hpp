#pragma once

#include <string>
#include <vector>

#include <fmt/format.h>

namespace errand::test {

/// A PDF with one line of text on each page (an empty one: a page without text), and `trailer` in its trailer.
inline std::string pdf_of(const std::vector<std::string>& pages, const std::string& trailer = {}) {
  std::string kids;
  for (std::size_t i = 0; i < pages.size(); ++i) kids += fmt::format("{} 0 R ", 4 + 2 * i);
  std::vector<std::string> objects = {"<< /Type /Catalog /Pages 2 0 R >>",
                                      fmt::format("<< /Type /Pages /Kids [{}] /Count {} >>", kids, pages.size()),
                                      "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"};
  for (std::size_t i = 0; i < pages.size(); ++i) {
    objects.push_back(
        fmt::format("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 200] /Contents {} 0 R "
                    "/Resources << /Font << /F1 3 0 R >> >> >>",
                    5 + 2 * i));
    const auto drawn = pages[i].empty() ? "" : fmt::format("BT /F1 12 Tf 20 100 Td ({}) Tj ET", pages[i]);
    objects.push_back(fmt::format("<< /Length {} >>\nstream\n{}\nendstream", drawn.size(), drawn));
  }
  std::string out = "%PDF-1.4\n";
  std::string places = "0000000000 65535 f \n";
  for (std::size_t i = 0; i < objects.size(); ++i) {
    places += fmt::format("{:010} 00000 n \n", out.size());
    out += fmt::format("{} 0 obj\n{}\nendobj\n", i + 1, objects[i]);
  }
  return out + fmt::format("xref\n0 {}\n{}trailer\n<< /Size {} /Root 1 0 R {} >>\nstartxref\n{}\n%%EOF\n",
                           objects.size() + 1, places, objects.size() + 1, trailer, out.size());
}

}  // namespace errand::test

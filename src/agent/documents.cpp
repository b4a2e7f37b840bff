#include "agent/documents.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.hpp"
#include "base/try.hpp"
#include "base/unicode.hpp"
#include "provider/generation.hpp"

namespace errand::agent {

namespace {

constexpr std::string_view pdf_type = "application/pdf";

// What stands in a stranger's file ends no block.
std::string framed(const std::string& name, const std::string& text) {
  return fmt::format("<file path=\"{}\" type=\"{}\">\n{}\n</file>", in_quotes(unicode::sanitize(name)), pdf_type,
                     text::replace_all(text, "</file", "&lt;/file"));
}

}  // namespace

std::string in_quotes(std::string_view path) {
  std::string out;
  for (const char c : path) {
    switch (c) {
      case '"':
        out += "&quot;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '\n':
        out += "&#10;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

Result<std::vector<chat::UserBlock>> readable_documents(std::vector<chat::UserBlock> content,
                                                        const std::vector<const chat::ModelSpec*>& models,
                                                        const tool::PdfReader& reader, const Call& call) {
  const bool as_they_are = std::ranges::all_of(models, [](const auto* model) { return provider::takes_pdfs(*model); });
  if (as_they_are) return content;
  for (auto& block : content) {
    const auto* const document = std::get_if<chat::Document>(&block);
    if (document == nullptr || document->media_type != pdf_type) continue;
    const auto name = document->name.empty() ? std::string("the PDF") : document->name;
    ERRAND_TRY_ASSIGN(const auto text, tool::pdf_text(document->bytes, name, reader, call));
    block = chat::Text{framed(name, text)};
  }
  return content;
}

}  // namespace errand::agent

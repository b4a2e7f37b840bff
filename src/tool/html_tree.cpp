#include "tool/html_tree.hpp"

#include <dlfcn.h>
#include <libxml/HTMLparser.h>
#include <libxml/xmlerror.h>

#include "base/text.hpp"
#include "tool/html_tags.hpp"

namespace errand::tool {

namespace {

constexpr const char* library_name = "libxml2.so.2";

// Never closed. Linked, it and what it needs would cost every start of the program some milliseconds.
struct Libxml {
  decltype(&htmlNewParserCtxt) new_parser = nullptr;
  decltype(&htmlFreeParserCtxt) free_parser = nullptr;
  decltype(&htmlCtxtReadMemory) read = nullptr;
  decltype(&xmlFreeDoc) free_document = nullptr;
  decltype(&xmlInitParser) init = nullptr;

  [[nodiscard]] bool is_whole() const {
    return new_parser != nullptr && free_parser != nullptr && read != nullptr && free_document != nullptr &&
           init != nullptr;
  }
};

template <class F>
void find(void* library, F& function, const char* name) {
  function = reinterpret_cast<F>(::dlsym(library, name));
}

Libxml load() {
  Libxml out;
  void* const library = ::dlopen(library_name, RTLD_LAZY | RTLD_LOCAL);
  if (library == nullptr) return out;
  find(library, out.new_parser, "htmlNewParserCtxt");
  find(library, out.free_parser, "htmlFreeParserCtxt");
  find(library, out.read, "htmlCtxtReadMemory");
  find(library, out.free_document, "xmlFreeDoc");
  find(library, out.init, "xmlInitParser");
  if (out.is_whole()) out.init();
  return out;
}

const Libxml& libxml() {
  static const Libxml loaded = load();
  return loaded;
}

std::string_view view(const xmlChar* text) {
  return text == nullptr ? std::string_view{} : std::string_view(reinterpret_cast<const char*>(text));
}

const xmlAttr* find_attribute(const xmlNode& node, std::string_view name) {
  if (node.type != XML_ELEMENT_NODE) return nullptr;
  for (const auto* at = node.properties; at != nullptr; at = at->next) {
    if (view(at->name) == name) return at;
  }
  return nullptr;
}

}  // namespace

Result<HtmlTree> HtmlTree::parse(std::string_view html) {
  const auto& lib = libxml();
  if (!lib.is_whole()) {
    return fail(ErrorKind::failure, "web pages can't be read: libxml2 can't be loaded",
                "install libxml2 (Debian: libxml2), or fetch with raw");
  }
  const std::unique_ptr<htmlParserCtxt, decltype(lib.free_parser)> parser(lib.new_parser(), lib.free_parser);
  if (!parser) return fail(ErrorKind::failure, "web pages can't be read: out of memory");
  // A NUL would end the page there.
  const auto text = text::replace_all(reduce_html(html), std::string_view("\0", 1), "\xEF\xBF\xBD");
  constexpr int options =
      HTML_PARSE_RECOVER | HTML_PARSE_NOERROR | HTML_PARSE_NOWARNING | HTML_PARSE_NONET | HTML_PARSE_IGNORE_ENC;
  Document document(lib.read(parser.get(), text.data(), static_cast<int>(text.size()), "", "UTF-8", options),
                    lib.free_document);
  return HtmlTree(std::move(document), parser->lastError.code == XML_ERR_INTERNAL_ERROR);
}

const xmlNode* HtmlTree::root() const {
  if (!document_) return nullptr;
  const auto* node = document_->children;
  while (node != nullptr && node->type != XML_ELEMENT_NODE) node = node->next;
  return node;
}

std::string_view name_of(const xmlNode& node) {
  return node.type == XML_ELEMENT_NODE ? view(node.name) : std::string_view{};
}

std::string attribute_of(const xmlNode& node, std::string_view name) {
  const auto* const attribute = find_attribute(node, name);
  std::string out;
  if (attribute == nullptr) return out;
  for (const auto* at = attribute->children; at != nullptr; at = at->next) out += view(at->content);
  return out;
}

bool has_attribute(const xmlNode& node, std::string_view name) {
  return find_attribute(node, name) != nullptr;
}

std::string_view content_of(const xmlNode& node) {
  const bool is_text = node.type == XML_TEXT_NODE || node.type == XML_CDATA_SECTION_NODE;
  return is_text ? view(node.content) : std::string_view{};
}

}  // namespace errand::tool

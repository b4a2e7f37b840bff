#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <libxml/tree.h>

#include "base/error.hpp"

namespace errand::tool {

/// A parsed HTML document.
class HtmlTree {
 public:
  /// `html` is UTF-8, and is read through reduce_html(). Fails with `failure` where libxml2 is missing.
  static Result<HtmlTree> parse(std::string_view html);

  [[nodiscard]] const xmlNode* root() const;
  [[nodiscard]] bool is_cut() const { return cut_; }  ///< nested deeper than libxml2 reads

 private:
  using Document = std::unique_ptr<xmlDoc, decltype(&xmlFreeDoc)>;
  HtmlTree(Document document, bool cut) : document_(std::move(document)), cut_(cut) {}

  Document document_;
  bool cut_ = false;
};

/// The element's name in lower case; empty for what is no element.
std::string_view name_of(const xmlNode& node);

/// An attribute's value; empty where there is none.
std::string attribute_of(const xmlNode& node, std::string_view name);
bool has_attribute(const xmlNode& node, std::string_view name);

/// The text of a text node.
std::string_view content_of(const xmlNode& node);

}  // namespace errand::tool

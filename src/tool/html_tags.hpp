#pragma once

#include <string>
#include <string_view>

namespace errand::tool {

/// HTML reduced to what its text depends on: tags in one spelling, with the attributes `href`, `hidden` and `style` alone;
/// text; nothing of comments, scripts and styles (an empty `<script>` says that there was one). Tags end where the
/// WHATWG HTML standard (13.2.5) ends them. In time and space linear in `html`: libxml2 compares each attribute of a tag
/// with all before it, so that one tag of megabytes would keep it busy for minutes.
std::string reduce_html(std::string_view html);

}  // namespace errand::tool

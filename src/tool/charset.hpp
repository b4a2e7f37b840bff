#pragma once

#include <string>
#include <string_view>

namespace errand::tool {

/// A text's bytes as UTF-8; what is wrong in them becomes U+FFFD. The encoding is that of a byte order mark, else
/// `declared` (a label as in Content-Type, any case), else UTF-8 where the bytes are that, else windows-1252, as
/// browsers guess. Labels outside of the usual ones count as not declared.
std::string to_utf8(std::string_view bytes, std::string_view declared);

/// The encoding an HTML page names in a `<meta>` within its first kilobyte; empty: none.
std::string html_charset(std::string_view html);

}  // namespace errand::tool

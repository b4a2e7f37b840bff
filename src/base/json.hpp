#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "base/json_fwd.hpp"

// The whole of Json, for source files. Its code is made once, in json.cpp: made anew in each of some hundred files, it
// was most of what they took to compile.
// NOLINTBEGIN: the namespaces are the library's.
namespace nlohmann {

using StringInput = detail::iterator_input_adapter<std::string::const_iterator>;
using BytesInput = detail::iterator_input_adapter<const char*>;

extern template class basic_json<ordered_map>;
extern template class detail::serializer<errand::Json>;
extern template class detail::json_sax_dom_parser<errand::Json>;
extern template class detail::json_sax_dom_callback_parser<errand::Json>;
extern template class detail::lexer<errand::Json, StringInput>;
extern template class detail::lexer<errand::Json, BytesInput>;
extern template class detail::parser<errand::Json, StringInput>;
extern template class detail::parser<errand::Json, BytesInput>;

}  // namespace nlohmann
// NOLINTEND

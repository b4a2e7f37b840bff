#include "base/json.hpp"

namespace nlohmann {

template class basic_json<ordered_map>;
template class detail::serializer<errand::Json>;
template class detail::json_sax_dom_parser<errand::Json>;
template class detail::json_sax_dom_callback_parser<errand::Json>;
template class detail::lexer<errand::Json, StringInput>;
template class detail::lexer<errand::Json, BytesInput>;
template class detail::parser<errand::Json, StringInput>;
template class detail::parser<errand::Json, BytesInput>;

}  // namespace nlohmann

#include "tool/charset.hpp"

#include <algorithm>
#include <array>
#include <cerrno>

#include <iconv.h>

#include "base/text.hpp"
#include "base/unicode.hpp"

namespace errand::tool {

namespace {

struct Encoding {
  std::string_view label;
  const char* iconv_name;  // null: UTF-8
};

// What servers still send. iconv knows many more, and some of its converters should not be a server's to choose.
constexpr std::array encodings = {
    Encoding{"utf-8", nullptr},
    Encoding{"utf8", nullptr},
    Encoding{"us-ascii", "CP1252"},
    Encoding{"ascii", "CP1252"},
    Encoding{"iso-8859-1", "CP1252"},
    Encoding{"iso8859-1", "CP1252"},
    Encoding{"latin1", "CP1252"},
    Encoding{"windows-1252", "CP1252"},
    Encoding{"cp1252", "CP1252"},
    Encoding{"iso-8859-2", "ISO-8859-2"},
    Encoding{"iso-8859-5", "ISO-8859-5"},
    Encoding{"iso-8859-7", "ISO-8859-7"},
    Encoding{"iso-8859-9", "CP1254"},
    Encoding{"iso-8859-15", "ISO-8859-15"},
    Encoding{"windows-1250", "CP1250"},
    Encoding{"windows-1251", "CP1251"},
    Encoding{"windows-1253", "CP1253"},
    Encoding{"windows-1254", "CP1254"},
    Encoding{"koi8-r", "KOI8-R"},
    Encoding{"koi8-u", "KOI8-U"},
    Encoding{"utf-16", "UTF-16LE"},
    Encoding{"utf-16le", "UTF-16LE"},
    Encoding{"utf-16be", "UTF-16BE"},
    Encoding{"shift_jis", "CP932"},
    Encoding{"euc-jp", "EUC-JP"},
    Encoding{"gb2312", "GB18030"},
    Encoding{"gbk", "GB18030"},
    Encoding{"gb18030", "GB18030"},
    Encoding{"big5", "BIG5"},
    Encoding{"euc-kr", "CP949"},
};

const Encoding* encoding_of(std::string_view label) {
  const auto wanted = text::lower(text::trim(label));
  const auto found = std::ranges::find(encodings, wanted, &Encoding::label);
  return found == encodings.end() ? nullptr : &*found;
}

// A converter to UTF-8.
class Converter {
 public:
  explicit Converter(const char* from) : handle_(::iconv_open("UTF-8", from)) {}
  Converter(const Converter&) = delete;
  Converter& operator=(const Converter&) = delete;
  ~Converter() {
    if (works()) ::iconv_close(handle_);
  }

  [[nodiscard]] bool works() const { return handle_ != reinterpret_cast<iconv_t>(-1); }

  std::string convert(std::string bytes) {
    std::string out;
    char* in = bytes.data();
    std::size_t left = bytes.size();
    while (left > 0) {
      std::array<char, 4096> piece{};
      char* to = piece.data();
      std::size_t room = piece.size();
      const auto code = ::iconv(handle_, &in, &left, &to, &room);
      out.append(piece.data(), piece.size() - room);
      if (code != static_cast<std::size_t>(-1) || errno == E2BIG) continue;
      out += "\xEF\xBF\xBD";
      if (errno == EINVAL) break;  // cut within a character
      ++in;
      --left;
    }
    return out;
  }

 private:
  iconv_t handle_;
};

std::string converted(std::string_view bytes, const char* from) {
  Converter converter(from);
  return converter.works() ? converter.convert(std::string(bytes)) : unicode::to_valid_utf8(bytes);
}

}  // namespace

std::string to_utf8(std::string_view bytes, std::string_view declared) {
  if (bytes.starts_with("\xEF\xBB\xBF")) return unicode::to_valid_utf8(bytes.substr(3));
  if (bytes.starts_with("\xFF\xFE")) return converted(bytes.substr(2), "UTF-16LE");
  if (bytes.starts_with("\xFE\xFF")) return converted(bytes.substr(2), "UTF-16BE");
  if (const auto* const encoding = encoding_of(declared)) {
    return encoding->iconv_name == nullptr ? unicode::to_valid_utf8(bytes) : converted(bytes, encoding->iconv_name);
  }
  return unicode::is_valid_utf8(bytes) ? std::string(bytes) : converted(bytes, "CP1252");
}

std::string html_charset(std::string_view html) {
  constexpr std::size_t looked_at_bytes = 1024;  // WHATWG HTML, 13.2.3.2
  const auto start = text::lower(html.substr(0, looked_at_bytes));
  const auto meta = start.find("<meta");
  const auto named = meta == std::string::npos ? meta : start.find("charset", meta);
  if (named == std::string::npos) return {};
  const auto begin = start.find_first_not_of(" =\"'\t\n", named + 7);
  if (begin == std::string::npos) return {};
  const auto end = start.find_first_of(" \"'/>;\t\n", begin);
  const auto label = start.substr(begin, end == std::string::npos ? end : end - begin);
  // It could be read as ASCII, so it is not this.
  return label.starts_with("utf-16") ? "utf-8" : label;
}

}  // namespace errand::tool

#pragma once

#include <string>
#include <string_view>

namespace errand::tool {

enum class FileForm { text, utf16_little, utf16_big, image, pdf, binary };

struct FileKind {
  FileForm form = FileForm::text;
  std::string_view name;  ///< the media type of an image or PDF; what a binary file is, for people ("a gzip archive")
};

/// Bytes from the start of a file that kind_of() looks at.
inline constexpr std::size_t kind_bytes = 8192;

/// What a file is, by the signature it starts with; without one, a NUL byte among the first kind_bytes makes it binary.
FileKind kind_of(std::string_view head);

/// UTF-16 (RFC 2781) that arrives in pieces, as UTF-8. Unpaired surrogates and a cut last unit become U+FFFD.
class Utf16Decoder {
 public:
  explicit Utf16Decoder(FileForm form) : big_endian_(form == FileForm::utf16_big) {}
  std::string feed(std::string_view bytes);
  std::string finish();

 private:
  void take(char16_t unit, std::string& out);

  bool big_endian_;
  bool at_start_ = true;
  std::string odd_byte_;
  char16_t high_ = 0;
};

}  // namespace errand::tool

package languages

import "golang.org/x/sys/windows"

// preferred is the first language of Windows' own texts.
func preferred() string {
	list, err := windows.GetUserPreferredUILanguages(windows.MUI_LANGUAGE_NAME)
	if err != nil || len(list) == 0 {
		return ""
	}
	return list[0]
}
